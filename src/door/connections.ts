import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { networkOfAddress } from '#contracts/client-header.ts';

/** All open connections; further ones are closed at once. */
const mostConnections = 4_096;
/** From one address. A household or an office behind one address opens some dozens. */
export const mostConnectionsPerAddress = 256;
/** From one network, so that no site holds a large part of them. */
export const mostConnectionsPerNetwork = 512;

/** How long a client may take next to nothing of an answer that waits for it. */
const patienceMs = 120_000;
/** What even the slowest connection takes in a quarter of that, in bytes. */
const leastTaken = 16 * 1024;

/** Closes the connections of clients that ask and then do not read. */
const endUnread = (server: Server, withinMs: number) => {
  const lookEveryMs = withinMs / 4;
  /** How much each has taken, and for how many looks hardly more. */
  const seen = new Map<Socket, { taken: number; looks: number }>();
  server.on('connection', (socket: Socket) => {
    seen.set(socket, { taken: 0, looks: 0 });
    socket.once('close', () => seen.delete(socket));
  });
  const timer = setInterval(() => {
    for (const [socket, before] of seen) {
      const taken = socket.bytesWritten - socket.writableLength;
      const stands = socket.writableLength > 0 && taken - before.taken < leastTaken;
      const looks = stands ? before.looks + 1 : 0;
      seen.set(socket, { taken, looks });
      if (looks * lookEveryMs >= withinMs) socket.destroy();
    }
  }, lookEveryMs);
  server.once('close', () => clearInterval(timer));
  timer.unref();
};

/**
 * Bounds what a client can hold open without asking anything, and without reading what it asked for.
 * @param addressOf null for a peer that stands for many, such as a proxy.
 */
export const boundConnections = (
  server: Server,
  addressOf: (peer: string | undefined) => string | null,
  unreadMs: number = patienceMs,
) => {
  endUnread(server, unreadMs);
  server.maxConnections = mostConnections;
  // From the first byte to the head's end, and to the body's end.
  server.headersTimeout = 15_000;
  server.requestTimeout = 60_000;
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = addressOf(socket.remoteAddress);
    if (address === null) return;
    const network = networkOfAddress(address);
    const count = (by: 1 | -1) => {
      for (const party of [address, network]) {
        const held = (open.get(party) ?? 0) + by;
        if (held === 0) open.delete(party);
        else open.set(party, held);
      }
    };
    count(1);
    socket.once('close', () => count(-1));
    const [ofAddress, ofNetwork] = [open.get(address) ?? 0, open.get(network) ?? 0];
    if (ofAddress > mostConnectionsPerAddress || ofNetwork > mostConnectionsPerNetwork) socket.destroy();
  });
};
