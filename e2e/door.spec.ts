import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, type Page, test } from '@playwright/test';
import { localOwner } from '#services/account/index.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { openDatabase } from '../src/db/client.ts';

const { E2E_BASE_URL = '', E2E_DATABASE_URL = '' } = process.env;

/** An empty page at another origin. */
const openOtherOrigin = async (page: Page) => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Elsewhere</title>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await page.goto(`http://127.0.0.1:${port}/`);
  return { close: () => server.close() };
};

/** What a script of the page gets: the status and the body, or null where the browser keeps the answer from it. */
const fetchIn = (page: Page, path: string, init: RequestInit = {}) =>
  page.evaluate(
    async ([url, given]) => {
      try {
        const answer = await fetch(url as string, given as RequestInit);
        return { status: answer.status, body: await answer.text() };
      } catch {
        return null;
      }
    },
    [new URL(path, E2E_BASE_URL).href, init] as const,
  );

const rest = '/api/v1/verification';

test('a page of another origin makes calls with a token, and none with its visitor’s cookie', async ({
  page,
}) => {
  const { db, close } = openDatabase(E2E_DATABASE_URL, { max: 1 });
  const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
  const token = await fullToken({ db, log }, await localOwner({ db }));
  await close();
  const elsewhere = await openOtherOrigin(page);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  try {
    expect((await fetchIn(page, `${rest}/certificates`, { headers }))?.status).toBe(200);
    expect((await fetchIn(page, '/api/trpc/run.list?input=%7B%7D', { headers }))?.status).toBe(200);
    const created = await fetchIn(page, '/api/trpc/run.createSample', { method: 'POST', headers });
    expect(created?.status).toBe(200);
    const keyed = { ...headers, 'idempotency-key': 'x', 'if-none-match': '"x"' };
    expect((await fetchIn(page, `${rest}/runs`, { headers: keyed }))?.status).toBe(200);

    const withCookie: RequestInit = { credentials: 'include' };
    expect(await fetchIn(page, `${rest}/runs`, withCookie)).toBeNull();
    expect(await fetchIn(page, '/api/trpc/auth.nonce', { method: 'POST' })).toBeNull();
    expect(await fetchIn(page, '/api/auth/csrf')).toBeNull();
  } finally {
    elsewhere.close();
  }
});

test('a form of another program on this machine does not sign its visitor out', async ({ page }) => {
  const elsewhere = await openOtherOrigin(page);
  try {
    const answered = page.waitForResponse(/signout/);
    await page.evaluate((action) => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action });
      document.body.append(form);
      form.submit();
    }, `${E2E_BASE_URL}/api/auth/signout`);
    expect((await answered).status()).toBe(403);
  } finally {
    elsewhere.close();
  }
});

test('the built application answers for its own hosts only', async () => {
  const { hostname, port } = new URL(E2E_BASE_URL);
  const ask = async (head: string) => {
    const socket = connect(Number(port), hostname);
    socket.write(`${head}\r\nConnection: close\r\n\r\n`);
    const answer = await text(socket);
    return { status: Number(answer.split(' ')[1]), answer };
  };
  for (const path of ['/', '/certificates', '/_next/static/x', '/api/v1/verification/runs', '/api/metrics']) {
    expect((await ask(`GET ${path} HTTP/1.1\r\nHost: evil.example:${port}`)).status, path).toBe(421);
    expect((await ask(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nHost: evil.example`)).status).toBe(400);
  }
  const probed = await ask('GET /api/health HTTP/1.1\r\nHost: evil.example');
  expect(probed.status).toBe(200);
  expect(probed.answer).not.toContain('judges');
  // Next redirects by the host that was judged, not by one that a stranger claims.
  const page = await ask(
    `GET /runs HTTP/1.1\r\nHost: localhost:${port}\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.example`,
  );
  expect(page.answer).not.toContain('evil.example');
});
