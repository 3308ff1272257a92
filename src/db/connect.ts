import { connect as connectSocket, type Socket } from 'node:net';
import postgres from 'postgres';

/**
 * Bounds on every wait for the database. A connection whose packets are dropped reports no error for the quarter of an
 * hour in which the system retransmits, so each side has a clock of its own. The server ends a statement first; a
 * connection that stays quiet for longer than any statement may take is dead.
 */
export const bounds = {
  connectMs: 10_000,
  /** Also bounds a statement that waits for a lock. */
  statementMs: 10_000,
  silenceMs: 15_000,
  keepAliveMs: 5_000,
};

/** A connection that is not used closes, long before it would count as silent. */
const idleSeconds = 10;

const lookEveryMs = 1_000;

/**
 * Ends a dead connection. Without an error the driver would connect again, without end, as long as it has heard nothing
 * at all; later it rejects what is under way on its own, and a socket that TLS has taken over has no listener for one.
 */
const giveUp = (socket: Socket, code: 'ETIMEDOUT' | 'ECONNRESET') => {
  const unheard = Object.assign(new Error('The database answered nothing.'), { code });
  socket.destroy(socket.bytesRead === 0 ? unheard : undefined);
};

/**
 * Opens sockets, and destroys each that reads nothing for `silenceMs`. It counts its own looks, not the time: a process
 * that was paused must read what arrived meanwhile before it judges.
 */
const watchedSockets = (silenceMs: number) => {
  const quietLooks = new Map<Socket, { bytesRead: number; looks: number }>();
  let timer: NodeJS.Timeout | undefined;

  const look = () => {
    for (const [socket, seen] of quietLooks) {
      seen.looks = socket.bytesRead === seen.bytesRead ? seen.looks + 1 : 0;
      seen.bytesRead = socket.bytesRead;
      if (seen.looks * lookEveryMs >= silenceMs) giveUp(socket, 'ETIMEDOUT');
    }
  };

  return (address: { host: string; port: number } | { path: string }): Socket => {
    const socket = connectSocket(address);
    quietLooks.set(socket, { bytesRead: 0, looks: 0 });
    timer ??= setInterval(look, lookEveryMs).unref();
    socket.once('close', () => {
      quietLooks.delete(socket);
      if (quietLooks.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    });
    return socket;
  };
};

/** What Postgres.js hands to `socket`, which its types leave out. */
type Target = { host: string[]; port: number[]; path: string | false };
type Options = postgres.Options<Record<string, never>> & {
  socket?: (target: Target) => Socket;
  onnotify?: (channel: string, payload: string) => void;
};

/** A client of `databaseUrl` on which no wait is unbounded. */
export const connect = (
  databaseUrl: string,
  {
    connection,
    silenceMs = bounds.silenceMs,
    ...options
  }: Options & { max: number; silenceMs?: number | undefined },
): postgres.Sql => {
  const open = watchedSockets(silenceMs);
  let turn = 0;
  const all: Options = {
    onnotice: () => {},
    // No column is an array. If the connection is lost while the driver fetches array types, it leaves a rejection
    // unhandled, which ends the process.
    fetch_types: false,
    idle_timeout: idleSeconds,
    connect_timeout: bounds.connectMs / 1000,
    keep_alive: bounds.keepAliveMs / 1000,
    // The driver's own pauses grow to 20 s, in which a database that is back would not be noticed.
    backoff: (failures) => Math.min(0.05 * 2 ** failures, 1),
    socket: ({ host, port, path }) => {
      const place = turn++ % host.length;
      const socket = open(path ? { path } : { host: host[place] ?? '', port: port[place] ?? 5432 });
      // What accepts and hangs up may be a proxy whose database is away.
      socket.once('end', () => giveUp(socket, 'ECONNRESET'));
      // The driver asks for the server's name when it starts TLS.
      return Object.assign(socket, { host: host[place], port: port[place] });
    },
    ...options,
    connection: {
      statement_timeout: bounds.statementMs,
      // The server must notice a client that is gone, too: it holds locks and one of few connections.
      tcp_keepalives_idle: 10,
      tcp_keepalives_interval: 5,
      tcp_keepalives_count: 3,
      ...connection,
    },
  };
  return postgres(databaseUrl, all);
};
