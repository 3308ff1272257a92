import { expect, test } from 'vitest';
import { doorSettings, openDoorRig, ownPage } from '#testing/rigs/door-rig.ts';

const foreignOrigins = [
  'https://evil.example',
  'http://localhost:8080',
  'https://localhost:3000',
  'http://127.0.0.1',
  'http://localhost:3000.evil.example',
  'HTTP://LOCALHOST:3000',
  'http://a.localhost:3000',
  'http://[::1]:3000',
  'null',
  'garbage',
  'http://localhost:3000/',
  'http://localhost:3000, http://evil.example',
];
const writes = [
  'POST /api/trpc/run.create',
  'POST /api/trpc/auth.nonce',
  'POST /api/trpc/%61uth.nonce',
  'POST /api/trpc/run.list,auth.walletSignIn?batch=1',
  'POST /api/v1/verification/runs',
  'DELETE /api/v1/verification/tokens/1',
  'POST /api/auth/signin/github',
  'POST /api/auth/signout',
  'POST /api/auth/callback/link',
  'POST /runs',
  'PUT /anything',
];

test.each(writes)(
  'a page of another origin, or of another site, cannot make its visitor %s',
  async (line) => {
    const { ask, reached } = await openDoorRig();
    const cookie = { Cookie: 'echelon-verify-3000.session=x', 'Content-Length': '0' };
    for (const origin of foreignOrigins)
      expect((await ask(line, { ...cookie, Origin: origin })).status, origin).toBe(403);
    for (const site of ['cross-site', 'same-site']) {
      // A wallet needs no cookie, and may sign in at localhost from our page at 127.0.0.1.
      if (line.includes('uth.')) continue;
      expect((await ask(line, { ...cookie, Origin: ownPage, 'Sec-Fetch-Site': site })).status, site).toBe(
        403,
      );
    }
    // The host that the page used proves nothing.
    expect(
      (await ask(line, { ...cookie, Host: 'verify.example.com', Origin: 'https://verify.example.com' }))
        .status,
    ).toBe(403);
    expect(reached).toEqual([]);
    expect((await ask(line, { ...cookie, Origin: ownPage, 'Sec-Fetch-Site': 'same-origin' })).status).toBe(
      200,
    );
    expect((await ask(line, cookie)).status).toBe(200);
    expect(reached.every(({ headers }) => headers.cookie !== undefined)).toBe(true);
  },
);

test('a read by another origin’s page goes without cookies; a link that is followed keeps them', async () => {
  const { ask, reached } = await openDoorRig();
  const cookie = { Cookie: 'session=x' };
  const pages: Record<string, string>[] = [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' },
    { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'cors' },
  ];
  for (const headers of pages)
    expect((await ask('GET /api/v1/verification/runs', { ...cookie, ...headers })).status).toBe(200);
  expect(reached.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined, undefined, undefined]);
  await ask('GET /runs', { ...cookie, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' });
  await ask('GET /runs', { ...cookie, 'Sec-Fetch-Site': 'none' });
  expect(reached.slice(4).map(({ headers }) => headers.cookie)).toEqual(['session=x', 'session=x']);
});

const list = '/api/v1/verification/certificates';
const query = '/api/trpc/certificate.list?batch=1&input=%7B%7D';
const page = { Origin: 'https://dash.example' };

test.each([list, query, '/log/checkpoint'])(
  'pages of all origins read what is public at %s',
  async (path) => {
    const { ask } = await openDoorRig();
    const answer = await ask(`GET ${path}`, page);
    expect(answer.status).toBe(200);
    expect(answer.header('access-control-allow-origin')).toBe('*');
    expect(answer.header('access-control-allow-credentials')).toBeNull();
    expect(answer.header('access-control-expose-headers')).toContain('ETag, Retry-After, RateLimit');
    expect((await ask(`GET ${path}`)).header('access-control-allow-origin')).toBeNull();
    for (const headers of [page, {}]) {
      const { count } = await ask(`GET ${path}`, headers);
      expect(count('vary')).toBe(2);
    }
  },
);

test('a local installation has nothing public', async () => {
  const { ask } = await openDoorRig({ origins: { ...doorSettings.origins, publicReads: false } });
  expect((await ask(`GET ${list}`, page)).header('access-control-allow-origin')).toBeNull();
  const called = await ask(`GET ${list}`, { ...page, Authorization: 'Bearer ev_x' });
  expect(called.header('access-control-allow-origin')).toBe('*');
});

test.each(['GET /', 'GET /certificates', 'GET /api/auth/csrf', 'GET /api/metrics', 'GET /api/v10/x'])(
  'no page of another origin reads %s',
  async (line) => {
    const { ask } = await openDoorRig();
    for (const headers of [page, { ...page, Authorization: 'Bearer x' }])
      expect((await ask(line, headers)).header('access-control-allow-origin')).toBeNull();
  },
);

test('calls with a bearer token are open to the listed origins', async () => {
  const bearer = { Authorization: 'bearer ev_x', 'Content-Length': '0' };
  const line = 'POST /api/v1/verification/runs';
  const all = await openDoorRig();
  const called = await all.ask(line, { ...page, ...bearer });
  expect([called.status, called.header('access-control-allow-origin')]).toEqual([200, '*']);
  for (const authorization of ['Basic x', 'ev_x', 'Bearer'])
    expect(
      (await all.ask(line, { ...page, Authorization: authorization, 'Content-Length': '0' })).status,
    ).toBe(403);
  expect((await all.ask('POST /api/auth/signout', { ...page, ...bearer })).status).toBe(403);

  const some = await openDoorRig({ origins: { ...doorSettings.origins, bearer: ['https://dash.example'] } });
  const ours = await some.ask(line, { ...page, ...bearer });
  expect([ours.status, ours.header('access-control-allow-origin')]).toEqual([200, 'https://dash.example']);
  const others = await some.ask(line, { Origin: 'https://other.example', ...bearer });
  expect([others.status, others.header('access-control-allow-origin')]).toEqual([403, null]);
});

test('a wallet signs in from our own pages and those of listed origins only', async () => {
  const lines = [
    'auth.nonce',
    'auth.walletMessage',
    'auth.walletSignIn',
    'auth.nonce,certificate.list?batch=1',
  ];
  const all = await openDoorRig();
  const some = await openDoorRig({
    origins: { ...doorSettings.origins, bearer: ['https://dash.example', '*'] },
  });
  for (const call of lines) {
    const line = `POST /api/trpc/${call}`;
    expect((await all.ask(line, { ...page, 'Content-Length': '0' })).status).toBe(403);
    expect((await all.ask(line, { ...page, Authorization: 'Bearer x', 'Content-Length': '0' })).status).toBe(
      403,
    );
    const listed = await some.ask(line, { ...page, 'Content-Length': '0' });
    expect([listed.status, listed.header('access-control-allow-origin')]).toEqual([
      200,
      'https://dash.example',
    ]);
  }
});

const preflightOf = (method: string, headers?: string) => ({
  ...page,
  'Access-Control-Request-Method': method,
  ...(headers && { 'Access-Control-Request-Headers': headers }),
});

test('the entry answers preflights, for what the call itself may do', async () => {
  const { ask, reached } = await openDoorRig();
  const granted = await ask(
    'OPTIONS /api/v1/verification/runs',
    preflightOf('POST', 'authorization,content-type'),
  );
  expect(granted.status).toBe(204);
  expect(granted.header('access-control-allow-origin')).toBe('*');
  expect(granted.header('access-control-allow-headers')).toBe(
    'authorization, content-type, idempotency-key, if-none-match',
  );
  expect(granted.header('access-control-allow-methods')).toContain('POST');
  expect(granted.header('access-control-allow-credentials')).toBeNull();
  expect(granted.header('vary')).toContain('Origin');
  expect((await ask(`OPTIONS ${query}`, preflightOf('GET', 'content-type'))).status).toBe(204);
  expect((await ask(`OPTIONS ${list}`, preflightOf('GET', 'if-none-match'))).status).toBe(204);
  for (const [path, method, headers] of [
    ['/api/v1/verification/runs', 'POST', 'content-type'],
    ['/api/trpc/run.create', 'POST', 'content-type'],
    ['/api/trpc/auth.nonce', 'POST', 'content-type'],
  ] as const) {
    const refused = await ask(`OPTIONS ${path}`, preflightOf(method, headers));
    expect([refused.status, refused.header('access-control-allow-origin')]).toEqual([403, null]);
  }
  expect(reached).toEqual([]);
});

test('the page that asks to sign in is named by the entry alone, and is our own or a listed one', async () => {
  const listed = 'https://app.example';
  const { ask, reached } = await openDoorRig({ origins: { ...doorSettings.origins, bearer: [listed] } });
  const pageOf = async (headers: Record<string, string>, call = 'auth.nonce') => {
    await ask(`POST /api/trpc/${call}`, {
      'x-echelon-page': 'https://evil.example',
      ...headers,
      'Content-Length': '0',
    });
    return reached.pop()?.headers['x-echelon-page'];
  };
  expect(await pageOf({ Origin: ownPage })).toBe(ownPage);
  expect(await pageOf({ Origin: listed })).toBe(listed);
  expect(await pageOf({})).toBeUndefined();
  expect(await pageOf({ Origin: listed, Authorization: 'Bearer x' }, 'run.create')).toBeUndefined();
});
