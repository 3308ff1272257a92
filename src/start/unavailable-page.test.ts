import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { DatabaseUnavailable } from '#db/unavailable.ts';
import { hearingOutage, reportFault } from '#services/ground/index.ts';
import { answerOutageWith503, keepOutagesQuiet } from './unavailable-page.ts';

const answerOf = async (isOutage: boolean, handle: RequestListener, method = 'GET') => {
  const server = createServer((request, response) => {
    answerOutageWith503(response, () => isOutage);
    handle(request, response);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { method });
};

const fault: RequestListener = (_, response) => {
  response.statusCode = 500;
  response.setHeader('content-length', 5);
  response.setHeader('content-encoding', 'gzip');
  response.write('fault');
  response.end();
};

test('a page that fails because the database is away is a plain page with 503 and Retry-After', async () => {
  for (const handle of [
    fault,
    ((_, response) => response.writeHead(500, { 'x-y': 'z' }).end('fault')) as RequestListener,
    ((_, response) => {
      response.statusCode = 500;
      response.end('fault');
    }) as RequestListener,
  ]) {
    const answer = await answerOf(true, handle);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.headers.get('content-encoding')).toBeNull();
    const text = await answer.text();
    expect(text).toContain('Its database cannot be used at the moment');
    expect(text).not.toContain('fault');
  }
  const head = await answerOf(true, fault, 'HEAD');
  expect([head.status, await head.text()]).toEqual([503, '']);
});

test('another fault stays a 500, and what was answered in spite of an outage stays as it is', async () => {
  const failed = await answerOf(false, (_, response) => response.writeHead(500).end('fault'));
  expect([failed.status, await failed.text()]).toEqual([500, 'fault']);
  for (const status of [200, 304, 404, 503]) {
    const answer = await answerOf(true, (_, response) => {
      response.statusCode = status;
      response.end(status === 304 ? undefined : 'said');
    });
    expect([answer.status, await answer.text()]).toEqual([status, status === 304 ? '' : 'said']);
  }
});

test('of pages that fail because the database is away one plain line a minute is said, of others their stacks', async () => {
  const printed: unknown[][] = [];
  const logged: unknown[] = [];
  const say = () => {};
  const log = {
    error: (details: object, message: string) => logged.push({ ...details, message }),
    warn: say,
    info: say,
    debug: say,
  };
  const output = { error: (...said: unknown[]) => void printed.push(said) };
  keepOutagesQuiet(log, output);
  const away = () => new DatabaseUnavailable(new Error('connect ECONNREFUSED'));

  for (let page = 0; page < 50; page += 1)
    await hearingOutage({ outage: false }, async () => {
      const shown = reportFault({ log }, away(), { page: '/' });
      // As Next prints what a page throws, wrapped or not, and what follows from it.
      await new Promise((resolve) => setImmediate(resolve));
      output.error('\u2a2f', shown);
      output.error('\u2a2f', new Error('An error in the render.'));
    });
  // What no request was said to be about.
  output.error('\u2a2f', new Error('The page failed.', { cause: away() }));
  expect(printed).toEqual([]);
  expect(logged).toEqual([
    { failures: 1, error: 'connect ECONNREFUSED', message: 'The database cannot be used' },
  ]);

  const other = new Error('Another one.');
  await hearingOutage({ outage: false }, async () => output.error('\u2a2f', other));
  output.error('plain');
  expect(printed).toEqual([['\u2a2f', other], ['plain']]);
});
