import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { stopServer } from '#testing/rigs/served-rig.ts';
import { UsageError } from './exit.ts';
import { fetchCapped } from './fetch-capped.ts';

const serve = async (answer: RequestListener) => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => stopServer(server));
  const bound = server.address();
  return `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`;
};
const get = (origin: string) =>
  fetchCapped(new URL('/log/vkey', origin), {
    signal: new AbortController().signal,
    maxBytes: 100,
    sought: 'a file of a log',
  });
const refusal = (message: string) => new UsageError(message);

test.each([
  ['https://other.example/log', 'https://other.example/log'],
  ['/elsewhere', '<origin>/elsewhere'],
])('a redirect to %s names its target, and is not followed', async (location, target) => {
  const origin = await serve((_, response) => response.writeHead(302, { location }).end());
  await expect(get(origin)).rejects.toEqual(
    refusal(
      `${origin} redirects to ${target.replace('<origin>', origin)}. If you trust it, give that address instead.`,
    ),
  );
});

test.each([
  ['without a target', 304, {}],
  ['with an empty one', 302, { location: '' }],
  ['with one that is no address', 302, { location: 'http://[' }],
  ['with one that is no web address', 302, { location: 'file:///etc/passwd' }],
])('a status of redirects %s is an answer like any other', async (_, status, headers) => {
  const origin = await serve((_, response) => response.writeHead(status, headers).end());
  await expect(get(origin)).rejects.toEqual(
    refusal(`${origin} answered ${status} instead of a file of a log.`),
  );
});

test('an address where nothing listens is refused with the reason', async () => {
  const origin = `http://127.0.0.1:${await freePort()}`;
  await expect(get(origin)).rejects.toEqual(
    refusal(`${origin} could not be reached (ECONNREFUSED). Check the address.`),
  );
});

test('an answer that breaks off is refused with the reason', async () => {
  const origin = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 50 }).write('half');
    setTimeout(() => response.destroy(), 50);
  });
  await expect(get(origin)).rejects.toEqual(refusal(`${origin} broke off its answer (UND_ERR_SOCKET).`));
});
