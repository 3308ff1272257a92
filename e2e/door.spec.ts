import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, type Page, test } from '@playwright/test';
import { localOwner } from '#services/account/index.ts';
import { storeCertificate } from '#testing/builders/stored-certificates.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { type Installation, startInstallation } from '#testing/rigs/installation.ts';
import { openDatabase } from '../src/db/client.ts';
import { verificationRuns } from '../src/db/schema/runs.ts';

const { E2E_BASE_URL = '', E2E_DATABASE_URL = '' } = process.env;

/** An empty page at another origin. On 127.0.0.1 it is of our own site, and a browser sends our cookies with its calls. */
const openOtherOrigin = async (page: Page, host = '127.0.0.1') => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Elsewhere</title>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await page.goto(`http://${host}:${port}/`);
  return { close: () => server.close() };
};

/** What a script of the page gets: the status and the body, or null where the browser keeps the answer from it. */
const fetchIn = (page: Page, path: string, init: RequestInit = {}, baseUrl = E2E_BASE_URL) =>
  page.evaluate(
    async ([url, given]) => {
      try {
        const answer = await fetch(url as string, given as RequestInit);
        return { status: answer.status, body: await answer.text() };
      } catch {
        return null;
      }
    },
    [new URL(path, baseUrl).href, init] as const,
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

test.describe('an installation for strangers, whose owner visits pages of other origins', () => {
  let installation: Installation;
  let database: ReturnType<typeof openDatabase>;
  let certificateId: string;
  test.beforeAll(async () => {
    installation = await startInstallation({ TRUST_LOCAL: 'false' });
    database = openDatabase(installation.databaseUrl, { max: 1 });
    certificateId = await storeCertificate(database.db, {
      constructId: 'public',
      supported: 3,
      createdAt: new Date('2026-05-01T00:00:00Z'),
    });
  });
  test.afterAll(async () => {
    await database?.close();
    await installation?.stop();
  });
  /** The owner's own page, so that the browser has their cookie. */
  const signIn = async (page: Page) => {
    await page.goto(installation.signInLink);
    await expect(page.getByRole('heading', { name: 'My runs' })).toBeVisible();
  };
  const trpcQuery = (procedure: string, input: object) =>
    `/api/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`;

  for (const host of ['127.0.0.1', 'localhost'])
    test(`a page at another port of ${host} reads what is public, over REST and tRPC`, async ({ page }) => {
      const elsewhere = await openOtherOrigin(page, host);
      const read = (path: string, init: RequestInit = {}) => fetchIn(page, path, init, installation.baseUrl);
      try {
        const listed = await read(`${rest}/certificates`);
        expect(listed?.status).toBe(200);
        expect(JSON.parse(listed?.body ?? '')).toMatchObject({ certificates: [{ id: certificateId }] });
        // Headers that are not simple are asked for first.
        const known = { headers: { 'if-none-match': '"x"' } };
        expect((await read(`${rest}/certificates/${certificateId}`, known))?.status).toBe(200);

        const list = await read(trpcQuery('certificate.list', {}));
        expect(list?.status).toBe(200);
        expect(JSON.parse(list?.body ?? '')).toMatchObject({
          result: { data: { certificates: [{ id: certificateId }] } },
        });
        const json = { headers: { 'content-type': 'application/json' } };
        expect((await read(trpcQuery('certificate.byId', { id: certificateId }), json))?.status).toBe(200);
        // Refusals are answers too.
        expect((await read(`${rest}/certificates/none`))?.status).toBe(404);
        expect((await read(`${rest}/runs`))?.status).toBe(401);
        expect((await read(trpcQuery('run.list', {})))?.status).toBe(401);
      } finally {
        elsewhere.close();
      }
    });

  test('a page of another origin reads and writes nothing with its visitor’s cookie', async ({ page }) => {
    await signIn(page);
    const elsewhere = await openOtherOrigin(page);
    const call = (path: string, init: RequestInit) => fetchIn(page, path, init, installation.baseUrl);
    /** The status of a call whose answer the page may not look at. */
    const statusOf = async (path: string, init: RequestInit) => {
      const answered = page.waitForResponse((response) => response.url().includes(path));
      await call(path, { ...init, mode: 'no-cors', credentials: 'include' });
      return (await answered).status();
    };
    try {
      for (const path of [`${rest}/certificates`, `${rest}/runs`, trpcQuery('run.list', {})])
        expect(await call(path, { credentials: 'include' }), path).toBeNull();
      // The browser sent the cookie, and it counted for nothing.
      expect(await statusOf(`${rest}/runs`, {})).toBe(401);
      expect(await statusOf(trpcQuery('run.list', {}), {})).toBe(401);

      const body = JSON.stringify({ construct_id: 'foreign', repo_url: 'https://github.com/owner/name' });
      for (const path of [`${rest}/runs`, '/api/trpc/run.createSample', '/api/auth/signout'])
        expect(await statusOf(path, { method: 'POST', body }), path).toBe(403);
      // These are asked for first, and not allowed.
      const headers = { 'content-type': 'application/json' };
      for (const init of [{ method: 'POST', body, headers }, { method: 'DELETE' }])
        expect(await call(`${rest}/runs`, { ...init, credentials: 'include' }), init.method).toBeNull();
      expect(await database.db.$count(verificationRuns)).toBe(0);

      // On its own origin the same cookie counts.
      await page.goto(`${installation.baseUrl}/runs`);
      await expect(page.getByRole('heading', { name: 'My runs' })).toBeVisible();
    } finally {
      elsewhere.close();
    }
  });
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
