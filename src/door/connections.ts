import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** All open connections; further ones are closed at once. */
const mostConnections = 4_096;
/** From one address. A household or an office behind one address opens some dozens. */
export const mostConnectionsPerAddress = 256;

/**
 * Bounds what a client can hold open without asking anything.
 * @param addressOf null for a peer that stands for many, such as a proxy.
 */
export const boundConnections = (server: Server, addressOf: (peer: string | undefined) => string | null) => {
  server.maxConnections = mostConnections;
  // From the first byte to the head's end, and to the body's end.
  server.headersTimeout = 15_000;
  server.requestTimeout = 60_000;
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = addressOf(socket.remoteAddress);
    if (address === null) return;
    const held = (open.get(address) ?? 0) + 1;
    open.set(address, held);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (held > mostConnectionsPerAddress) socket.destroy();
  });
};
