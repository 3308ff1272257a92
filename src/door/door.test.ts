import { expect, test } from 'vitest';
import { openDoorRig, ownPage } from '#testing/rigs/door-rig.ts';

const query = '/api/trpc/certificate.list?batch=1&input=%7B%7D';
const plain = 'Connection: close\r\n\r\n';

test.each([
  ['GET / HTTP/1.1\r\nHost: evil.example:3000\r\n', 421],
  ['GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n', 421],
  ['GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n', 421],
  ['POST /api/trpc/run.create HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n', 421],
  ['GET /_next/static/x.js HTTP/1.1\r\nHost: evil.example\r\n', 421],
  ['OPTIONS /api/v1/verification/runs HTTP/1.1\r\nHost: evil.example\r\n', 421],
  ['GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n', 400],
  ['GET / HTTP/1.1\r\nHost: localhost\r\nhOST: evil.example\r\n', 400],
  ['GET / HTTP/1.0\r\n', 400],
  ['GET / HTTP/1.1\r\n', 400],
  ['GET / HTTP/1.1\r\nHost:\r\n', 400],
  ['GET / HTTP/1.1\r\nHost: localhost:80:80\r\n', 400],
  ['GET / HTTP/1.1\r\nHost: user@localhost\r\n', 400],
  ['OPTIONS * HTTP/1.1\r\nHost: localhost\r\n', 400],
  ['GET /api/healthy HTTP/1.1\r\nHost: evil.example\r\n', 421],
  ['POST /api/health HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n', 421],
])('a request for another host never reaches a handler: %j', async (head, status) => {
  const { raw, reached } = await openDoorRig();
  const answer = await raw(head, plain);
  expect(answer.status).toBe(status);
  if (status === 421) expect(answer.body).toContain('ALLOWED_HOSTS');
  expect(reached).toEqual([]);
});

test.each(['TRACE', 'PROPFIND', 'QUERY', 'M-SEARCH'])('the method %s is refused in words', async (method) => {
  const { raw, reached } = await openDoorRig();
  const answer = await raw(`${method} /api/v1/verification/runs HTTP/1.1\r\nHost: localhost\r\n`, plain);
  expect(answer.status).toBe(405);
  expect(answer.body).toContain('The methods are GET, HEAD');
  expect(reached).toEqual([]);
});

test('a page cannot make its visitor’s browser load the end of a sign-in, and following its link works', async () => {
  const spent: (string | null)[] = [];
  const { ask, reached } = await openDoorRig({
    spend: async ({ budget }) => {
      spent.push(budget);
      return null;
    },
  });
  const load = 'GET /api/auth/callback/github?code=x';
  expect((await ask(load, { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
  expect(reached).toEqual([]);
  expect(spent).toEqual(['reads']);
  expect((await ask(load, { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': 'cross-site' })).status).toBe(
    200,
  );
  expect((await ask(load)).status).toBe(200);
});

test.each([
  'GET / HTTP/1.1\r\nHost: LOCALHOST.:9\r\n',
  'GET / HTTP/1.1\r\nHost: a.localhost\r\n',
  'GET / HTTP/1.1\r\nHost: verify.example.com\r\n',
  'GET / HTTP/1.0\r\nHost: [::1]:3000\r\n',
  'GET http://127.0.0.1/ HTTP/1.1\r\nHost: evil.example\r\n',
])('a request for one of our hosts passes: %j', async (head) => {
  const { raw, reached } = await openDoorRig();
  expect((await raw(head, plain)).status).toBe(200);
  expect(reached).toHaveLength(1);
});

test.each(['/api/health', '/api/ready', '/api/ready?x=1'])(
  'a probe by any name learns the status of %s and nothing else',
  async (path) => {
    const { ask } = await openDoorRig();
    const probed = await ask(`GET ${path}`, { Host: 'evil.example' });
    expect([probed.status, probed.body.replace(/^0\r\n\r\n$/, '')]).toEqual([200, '']);
    expect((await ask(`GET ${path}`)).body).toContain('"url"');
  },
);

test('every answer of the entry has the security headers, and HSTS where people use https', async () => {
  const refused = [
    ['GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
    ['GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n'],
    [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`],
    ['POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nConnection: close\r\n\r\n'],
    ['GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'],
  ];
  for (const secure of [false, true]) {
    const { raw } = await openDoorRig({ secure });
    for (const [request = ''] of refused) {
      const answer = await raw(
        request.replace('evil.example\r\n\r\n', 'evil.example\r\nConnection: close\r\n\r\n'),
      );
      expect(answer.status).toBeGreaterThan(0);
      expect(answer.header('x-content-type-options'), request.slice(0, 80)).toBe('nosniff');
      expect(answer.header('referrer-policy')).toBe('same-origin');
      expect(answer.header('strict-transport-security')).toBe(secure ? 'max-age=31536000' : null);
    }
  }
});

test('a stranger’s forwarding headers do not pass; the host is the one that was judged', async () => {
  const { ask, reached } = await openDoorRig();
  await ask('GET http://a.localhost:3000/x', {
    Host: 'evil.example',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-For': '1.2.3.4',
    'X-Forwarded-Port': '1',
    'X-Forwarded-Prefix': '/evil',
    'X-Real-IP': '1.2.3.4',
    'X-Echelon-Client': '1.2.3.4',
    Forwarded: 'host=evil.example',
  });
  const { headers, url } = reached[0] ?? {};
  expect(url).toBe('/x');
  expect(JSON.stringify(headers)).not.toMatch(/evil|1\.2\.3\.4/);
  expect(headers).toMatchObject({
    host: 'a.localhost:3000',
    'x-forwarded-host': 'a.localhost:3000',
    'x-forwarded-proto': 'http',
    'x-echelon-client': '127.0.0.1',
  });
});

test('a trusted proxy names the client and the scheme, never the host', async () => {
  const { ask, reached } = await openDoorRig({
    addresses: { trusted: ['127.0.0.1'], loopbackIsProxy: false },
  });
  await ask('GET /', {
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-For': '9.9.9.9, 198.51.100.1',
  });
  expect(reached[0]?.headers).toMatchObject({
    host: 'localhost:3000',
    'x-forwarded-host': 'localhost:3000',
    'x-forwarded-proto': 'https',
    'x-echelon-client': '198.51.100.1',
  });
});

test('an upgrade is judged by its host and its origin', async () => {
  const { ask, upgraded } = await openDoorRig();
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket' };
  const statusOf = async (headers: Record<string, string>) =>
    (await ask('GET /_next/webpack-hmr', { ...upgrade, ...headers })).status;
  expect(await statusOf({ Host: 'evil.example' })).toBe(421);
  expect(await statusOf({ Host: 'a b' })).toBe(400);
  expect(await statusOf({ Origin: 'https://evil.example' })).toBe(403);
  expect(await statusOf({ Origin: 'http://localhost:8080' })).toBe(403);
  expect(upgraded).toEqual([]);
  expect(await statusOf({ Origin: ownPage })).toBe(101);
  expect(upgraded).toEqual(['/_next/webpack-hmr']);
});

test('a request over its budget is not parsed, and its answer says when to ask again', async () => {
  const asked: unknown[] = [];
  const { ask, reached } = await openDoorRig({
    spend: async ({ budget }, address) => {
      asked.push([budget, address]);
      return { status: 429, detail: 'Too many.', headers: { 'retry-after': '9' } };
    },
  });
  for (const [line, budget] of [
    ['GET /certificates', 'reads'],
    ['GET /log/checkpoint', 'reads'],
    [`GET ${query}`, 'reads'],
    ['POST /api/demo-oracle/good', 'reads'],
    ['POST /api/v1/verification/runs', 'writes'],
    ['POST /api/trpc/run.create', 'writes'],
    ['POST /api/trpc/run.tryOracle', 'trials'],
    ['POST /api/trpc/run.byId,run.estimate?batch=1', 'trials'],
    ['POST /api/trpc/auth.nonce', 'signIns'],
    ['POST /api/auth/callback/wallet', 'signIns'],
  ] as const) {
    const answer = await ask(line, { 'Content-Length': '0' });
    expect([answer.status, answer.header('retry-after')]).toEqual([429, '9']);
    expect(asked.pop()).toEqual([budget, '127.0.0.1']);
  }
  expect(reached).toEqual([]);
});

test('however a path is spelled, what the entry judges is what is routed', async () => {
  const spent: unknown[] = [];
  const { ask, reached } = await openDoorRig({
    spend: async ({ budget }) => {
      spent.push(budget);
      return null;
    },
  });
  const signIns = [
    '/api/trpc/auth.walletSignIn',
    '/api/trpc/x/../auth.walletSignIn',
    '/_next/static/../../api/trpc/auth.walletSignIn',
    '/_next/static/%2e%2e/%2E./api/trpc/auth.walletSignIn',
    '/x/.%2e/api/./trpc/auth.walletSignIn',
    '/api/trpc/auth.walletSignIn#',
    '/api/trpc/auth.walletSignIn#/../../_next/static/x',
    '/api/trpc/auth%2EwalletSignIn',
    '/api/trpc/auth%2EwalletSignIn,%ff?batch=1',
    '/api/trpc/run.list,auth.walletSignIn?batch=1',
    '/api/trpc//auth.walletSignIn/',
    '/api/trpc/%2Fauth.walletSignIn%2F',
    '/api\\trpc\\auth.walletSignIn',
    '/%61pi/trpc/auth.walletSignIn',
    'http://localhost:3000/api/trpc/x/../auth.walletSignIn',
  ];
  for (const target of signIns) {
    const answer = await ask(`POST ${target}`, {
      Origin: 'https://evil.example',
      Authorization: 'Bearer x',
      'Content-Length': '0',
    });
    expect({ target, status: answer.status, spent: spent.pop() }).toEqual({
      target,
      status: 403,
      spent: 'reads',
    });
    await ask(`POST ${target}`, { 'Content-Length': '0' });
    expect({ target, spent: spent.pop() }).toEqual({ target, spent: 'signIns' });
    const routed = reached.pop()?.url ?? '';
    expect(new URL(`http://n${routed}`).href.slice('http://n'.length), target).toBe(routed);
    expect(routed, target).not.toMatch(/#|\/\.\.?(?:\/|$)|^\/_next/);
  }
  expect(reached).toEqual([]);
});

test('each call of a batch counts, and a reading of a scarce budget’s call counts as a reading', async () => {
  const spent: unknown[] = [];
  const { ask } = await openDoorRig({
    spend: async ({ budget, calls }) => {
      spent.push([budget, calls]);
      return null;
    },
  });
  const spentBy = async (line: string) => {
    await ask(line, { 'Content-Length': '0' });
    return spent.pop();
  };
  expect(await spentBy(`POST /api/trpc/${Array(20).fill('auth.nonce').join()}?batch=1`)).toEqual([
    'signIns',
    20,
  ]);
  // No more calls than one request may carry are counted, because it is refused.
  expect(await spentBy(`POST /api/trpc/${Array(1200).fill('auth.nonce').join()}?batch=1`)).toEqual([
    'reads',
    1,
  ]);
  expect(await spentBy('GET /api/trpc/run.tryOracle')).toEqual(['reads', 1]);
  expect(await spentBy('GET /api/auth/callback/github?code=x')).toEqual(['signIns', 1]);
  expect(await spentBy('GET /certificates')).toEqual(['reads', 1]);
});

test('a request of more calls than one may carry is refused, and says so', async () => {
  const { ask, reached } = await openDoorRig();
  const answer = await ask(`POST /api/trpc/${Array(21).fill('run.list').join()}?batch=1`, {
    'Content-Length': '0',
  });
  expect(answer.status).toBe(400);
  expect(answer.body).toMatch(/at most 20 calls/);
  expect(reached).toEqual([]);
});

test('what cannot be parsed behind a complete request is not written into its answer', async () => {
  const { raw } = await openDoorRig();
  const chunked = 'POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
  const broken = await raw(chunked, 'zz\r\n');
  expect(broken.status).toBe(400);
  expect(broken.count('x-content-type-options')).toBe(1);
  const followed = await raw('GET / HTTP/1.1\r\nHost: localhost\r\n\r\nnot http\r\n\r\n');
  expect(followed.body.match(/HTTP\/1\.1/g)?.length ?? 0).toBeLessThanOrEqual(1);
});

test('a request that does not arrive in time is answered with 408', async () => {
  const { raw } = await openDoorRig({}, { headersTimeout: 200, connectionsCheckingInterval: 50 });
  const late = await raw('GET / HTTP/1.1\r\nHost: localhost\r\n');
  expect(late.status).toBe(408);
  expect(late.header('x-content-type-options')).toBe('nosniff');
});
