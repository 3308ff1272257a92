import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { boundConnections, mostConnectionsPerAddress, mostConnectionsPerNetwork } from './connections.ts';

test('one address holds so many connections and no more, and a closed one makes room', async () => {
  const server = createServer((_request, response) => response.end('ok'));
  boundConnections(server, (peer) => (peer === undefined ? null : 'one'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const opened: Socket[] = [];
  onTestFinished(() => {
    for (const socket of opened) socket.destroy();
    server.close();
  });
  const dial = async () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    opened.push(socket);
    const closed = once(socket.resume(), 'close').then(() => 'closed');
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\n');
    return { socket, closed };
  };
  const held = [];
  for (let at = 0; at < mostConnectionsPerAddress; at += 1) held.push(await dial());
  expect(await (await dial()).closed).toBe('closed');
  expect(held.filter(({ socket }) => socket.destroyed)).toEqual([]);
  const [first] = held;
  first?.socket.destroy();
  await first?.closed;
  const status = () =>
    fetch(`http://127.0.0.1:${port}`).then(
      (answer) => answer.status,
      () => 0,
    );
  await expect.poll(status).toBe(200);
});

test('the addresses of one network hold so many connections and no more', () => {
  const server = createTcpServer();
  boundConnections(server as Server, (peer) => peer ?? null);
  onTestFinished(() => void server.emit('close'));
  const dial = (remoteAddress: string) => {
    const socket = Object.assign(new EventEmitter(), { remoteAddress, destroyed: false, destroy: () => {} });
    socket.destroy = () => {
      socket.destroyed = true;
      socket.emit('close');
    };
    server.emit('connection', socket);
    return socket;
  };
  for (const address of [
    (at: number) => `2001:db8:1:${at % 9}::/64`,
    (at: number) => `203.0.113.${at % 9}`,
  ]) {
    const held = Array.from({ length: mostConnectionsPerNetwork }, (_, at) => dial(address(at)));
    expect(held.filter(({ destroyed }) => destroyed)).toEqual([]);
    expect(dial(address(1)).destroyed).toBe(true);
    expect(dial(address(5_000)).destroyed).toBe(true);
    held[0]?.destroy();
    expect(dial(address(3)).destroyed).toBe(false);
  }
  expect(dial('2001:db8:2:1::/64').destroyed).toBe(false);
});

test('a client that asks and does not read is closed in time; one that waits for its answer is not', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/large') response.end(Buffer.alloc(50_000_000, 'a'));
    // An answer that is still being made.
    else response.write('begun');
  });
  boundConnections(server, () => null, 400);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = new Map<string, Socket>();
  server.on('request', ({ url, socket }) => open.set(url ?? '', socket));
  const dialled: Socket[] = [];
  const ask = (path: string) => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    dialled.push(socket);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: n\r\n\r\n`);
    return socket;
  };
  onTestFinished(() => {
    for (const socket of dialled) socket.destroy();
    server.close();
  });
  ask('/waits').resume();
  ask('/large');
  await expect.poll(() => open.get('/large')?.destroyed).toBe(true);
  expect(open.get('/waits')?.destroyed).toBe(false);
});

test('a client that takes some bytes now and then is closed as one that takes none', async () => {
  const server = createServer((_request, response) => void response.end(Buffer.alloc(50_000_000, 'a')));
  boundConnections(server, () => null, 400);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let trickled: Socket | undefined;
  server.on('request', ({ socket }) => {
    trickled = socket;
  });
  const reader = connect(port, '127.0.0.1').on('error', () => {});
  reader.write('GET / HTTP/1.1\r\nHost: n\r\n\r\n');
  const sip = setInterval(() => void reader.read(1), 20);
  onTestFinished(() => {
    clearInterval(sip);
    reader.destroy();
    server.close();
  });
  await expect.poll(() => trickled?.destroyed).toBe(true);
});
