import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { createDoor, type DoorSettings } from '#door/door.ts';

/** One of our own pages. */
export const ownPage = 'http://localhost:3000';

export const doorSettings: DoorSettings = {
  hosts: { allowed: ['verify.example.com'], anyAddress: false },
  origins: { own: [ownPage, 'http://127.0.0.1:3000'], bearer: ['*'], publicReads: true },
  addresses: { trusted: [], loopbackIsProxy: false },
  secure: false,
  spend: async () => null,
  requireKnown: async () => ({ userId: 'known', standing: 'stranger' }),
  findSender: async () => null,
};

/** A server behind the door that tells what reached it, until the test ends. */
export const openDoorRig = async (
  changes: Partial<DoorSettings> = {},
  times: ServerOptions = {},
  work: (passed: IncomingMessage, response: ServerResponse) => Promise<void> = async () => {},
) => {
  const door = createDoor({ ...doorSettings, ...changes });
  const reached: IncomingMessage[] = [];
  const upgraded: string[] = [];
  const server = createServer(times, async (request, response) => {
    const passed = await door.admit(request, response);
    if (passed === null) return;
    reached.push(passed);
    const body = await text(passed);
    await work(passed, response);
    if (response.headersSent) return void response.end();
    response.setHeader('vary', 'Next-Router-State-Tree');
    response.setHeader('content-type', 'application/json');
    response.end(
      passed.method === 'HEAD'
        ? undefined
        : JSON.stringify({ url: passed.url, headers: passed.headers, body }),
    );
  });
  server.on('clientError', door.refuseUnreadable);
  server.on('upgrade', (request, socket) => {
    if (!door.admitUpgrade(request, socket)) return;
    upgraded.push(request.url ?? '');
    socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;

  /** Sends bytes as they are, and reads until the server closes. */
  const raw = async (...parts: string[]) => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    const all = text(socket).catch(() => '');
    for (const part of parts) socket.write(part);
    const answer = await all;
    const split = answer.indexOf('\r\n\r\n');
    const [head, body] = [answer.slice(0, split), answer.slice(split + 4)];
    return {
      status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0),
      header: (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim() ?? null,
      count: (name: string) => head.match(new RegExp(`^${name}:`, 'gim'))?.length ?? 0,
      body,
    };
  };
  const ask = (line: string, headers: Record<string, string> = {}, body = '') =>
    raw(
      `${line} HTTP/1.1\r\n${Object.entries({ Host: 'localhost:3000', Connection: 'close', ...headers })
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}\r\n${body}`,
    );
  return { port, ask, raw, reached, upgraded };
};
