import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type StallingProxy = {
  /** The database's address through the proxy. */
  databaseUrl: string;
  port: number;
  /** How many connections were opened through it so far. */
  readonly opened: number;
  /**
   * From now on no existing connection carries a byte in either direction, not even its end, as if all its packets were
   * dropped. New connections work.
   * @returns how many went silent.
   */
  silence(): number;
  /** With `true`, new connections are accepted and stay silent, too. */
  silenceNew(on: boolean): void;
  /** With `true`, connections are accepted and closed at once, as by a proxy whose server is away. */
  hangUp(on: boolean): void;
  close(): Promise<void>;
};

/**
 * A proxy before a database that can go silent: no FIN and no RST reaches either side.
 * @param onAnswer sees what the server sends before it is passed on, and may silence the connections first.
 */
export const startStallingProxy = async (
  databaseUrl: string,
  { onAnswer = () => {} }: { onAnswer?: (bytes: Buffer) => void } = {},
): Promise<StallingProxy> => {
  const target = new URL(databaseUrl);
  const all = new Set<Socket>();
  const carrying = new Set<() => void>();
  let [opened, silent, hangsUp] = [0, false, false];

  const keep = (socket: Socket) => {
    all.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => all.delete(socket));
  };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    keep(client);
    opened += 1;
    if (hangsUp) return client.destroy();
    if (silent) return client.pause();
    const upstream = connect({ port: Number(target.port), host: target.hostname, allowHalfOpen: true });
    keep(upstream);
    let isSilent = false;
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (bytes) => {
        if (from === upstream) onAnswer(bytes);
        if (!isSilent) to.write(bytes);
      });
      from.once('end', () => {
        if (!isSilent) to.end();
      });
      from.once('close', () => {
        if (!isSilent) to.destroy();
      });
    }
    const stall = () => {
      isSilent = true;
      client.pause();
      upstream.pause();
    };
    carrying.add(stall);
    client.once('close', () => carrying.delete(stall));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(databaseUrl);
  const { port } = server.address() as AddressInfo;
  through.port = String(port);

  return {
    databaseUrl: through.href,
    port,
    get opened() {
      return opened;
    },
    silence: () => {
      const stalled = carrying.size;
      for (const stall of carrying) stall();
      carrying.clear();
      return stalled;
    },
    silenceNew: (on) => {
      silent = on;
    },
    hangUp: (on) => {
      hangsUp = on;
    },
    close: async () => {
      for (const socket of all) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
