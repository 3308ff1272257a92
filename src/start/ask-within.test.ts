import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { askWithin } from './ask-within.ts';

test('a process hears its own answer while others hold all connections of its listener', async () => {
  const handle: RequestListener = (request, response) => {
    response.statusCode = request.url === '/api/ready' && request.headers.host === 'localhost' ? 200 : 404;
    response.end('x'.repeat(100_000));
  };
  const server = createServer(handle).listen(0, '127.0.0.1');
  server.maxConnections = 1;
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection');
  const holder = connect(port, '127.0.0.1');
  onTestFinished(() => {
    holder.destroy();
    server.close();
  });
  await accepted;
  await expect(fetch(`http://127.0.0.1:${port}/api/ready`)).rejects.toThrow();

  const ask = askWithin(handle);
  for (let turn = 0; turn < 20; turn += 1) expect(await ask('/api/ready', 10_000)).toBe(200);
  expect(await ask('/other', 10_000)).toBe(404);
});

test('a handler that does not answer in time, or cuts the connection, gives no status', async () => {
  await expect(askWithin(() => {})('/api/ready', 50)).rejects.toThrow();
  await expect(askWithin((request) => request.socket.destroy())('/api/ready', 10_000)).rejects.toThrow();
  const later = askWithin((_, response) => void setTimeout(() => response.writeHead(503).end(), 20));
  expect(await later('/api/ready', 10_000)).toBe(503);
});
