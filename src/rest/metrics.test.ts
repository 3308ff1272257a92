import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { getMetrics } from './metrics.ts';
import { startWorkerServer } from './worker-server.ts';

const scrape = async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'up 1\n' });
const token = 'a-token-of-some-length';

const ask = (
  { token, listener }: { token: string | null; listener: boolean },
  headers: Record<string, string> = {},
) =>
  getMetrics(
    { metrics: { scrape, token }, listener },
    new Request('http://127.0.0.1/api/metrics', { headers }),
  );

test('without a token, metrics are read only at their own listener', async () => {
  const open = await ask({ token: null, listener: true });
  expect([open.status, await open.text()]).toEqual([200, 'up 1\n']);
  expect(open.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(open.headers.get('cache-control')).toBe('no-store');
  const hidden = await ask({ token: null, listener: false });
  expect([hidden.status, await hidden.text()]).toEqual([404, '{"detail":"There is nothing here."}']);
});

test.each([false, true])(
  'with a token configured, only that token opens metrics, at their own listener: %s',
  async (listener) => {
    expect((await ask({ token, listener }, { authorization: `Bearer ${token}` })).status).toBe(200);
    for (const authorization of [
      '',
      token,
      `Basic ${token}`,
      `Bearer ${token}x`,
      'Bearer ',
      `Bearer ${token} x`,
    ]) {
      const refused = await ask({ token, listener }, { authorization });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
      expect(await refused.text()).not.toContain(token);
    }
  },
);

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

const worker = (
  port: number,
  settings: { token?: string | null; isReady?: boolean; isStuck?: boolean } = {},
) => {
  const warnings: unknown[] = [];
  const server = startWorkerServer({
    host: '127.0.0.1',
    port,
    metrics: { scrape, token: settings.token ?? null },
    hosts: { allowed: [], anyAddress: false },
    ready: async () => ({
      ready: settings.isReady ?? true,
      checks: { database: 'ok', migrations: 'ok', queue: 'ok' },
    }),
    isStuck: () => settings.isStuck ?? false,
    logger: { warn: (fields) => void warnings.push(fields) },
  });
  closing.push(server.close);
  return { ...server, warnings };
};
const get = (port: number, path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, init);

test('a worker answers at /metrics, /health and /ready only', async () => {
  const port = await freePort();
  worker(port, { token, isReady: false });
  expect((await get(port, '/metrics')).status).toBe(401);
  const allowed = await get(port, '/metrics', { headers: { authorization: `Bearer ${token}` } });
  expect(await allowed.text()).toBe('up 1\n');
  expect(await (await get(port, '/health')).json()).toEqual({ status: 'ok' });
  expect((await get(port, '/ready')).status).toBe(503);
  expect((await get(port, '/')).status).toBe(404);
  expect((await get(port, '/metrics', { method: 'POST' })).status).toBe(405);
});

test('a worker that looks for no jobs any more is not alive, even if its database is', async () => {
  const port = await freePort();
  worker(port, { isStuck: true });
  expect((await get(port, '/health')).status).toBe(503);
  expect((await get(port, '/ready')).status).toBe(200);
});

test('without a token, a page that was led to a worker by another name reads no metrics', async () => {
  const port = await freePort();
  worker(port);
  const statusOf = async (path: string, host: string) => {
    const asked = request({ host: '127.0.0.1', port, path, headers: { host } }).end();
    const [answer] = await once(asked, 'response');
    answer.resume();
    return answer.statusCode;
  };
  expect(await statusOf('/metrics', `localhost:${port}`)).toBe(200);
  for (const path of ['/metrics', '/metrics?x', 'http://evil.example/metrics', '//metrics'])
    expect(await statusOf(path, 'evil.example'), path).toBe(421);
  for (const path of ['/health', '/ready']) expect(await statusOf(path, 'evil.example')).toBe(200);
});

test('a worker whose port is taken says so once and answers once the port is free', async () => {
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  const { warnings } = worker(port);
  await expect.poll(() => warnings).toEqual([{ host: '127.0.0.1', port, code: 'EADDRINUSE' }]);
  other.close();
  await expect
    .poll(() =>
      get(port, '/health').then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
  expect(warnings).toHaveLength(1);
});
