import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerOptions } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { boundConnections, mostConnectionsPerAddress } from './connections.ts';
import { createDoor, type DoorSettings } from './door.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

const own = 'http://localhost:3000';
const settings: DoorSettings = {
  hosts: { allowed: ['verify.example.com'], anyAddress: false },
  origins: { own: [own, 'http://127.0.0.1:3000'], bearer: ['*'], publicReads: true },
  addresses: { trusted: [], loopbackIsProxy: false },
  secure: false,
  spend: async () => null,
};

/** A server behind the door that tells what reached it. */
const open = async (changes: Partial<DoorSettings> = {}, times: ServerOptions = {}) => {
  const door = createDoor({ ...settings, ...changes });
  const reached: IncomingMessage[] = [];
  const upgraded: string[] = [];
  const server = createServer(times, async (request, response) => {
    const passed = await door.admit(request, response);
    if (passed === null) return;
    reached.push(passed);
    const body = await text(passed);
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
  closing.push(() => {
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
  const { raw, reached } = await open();
  const answer = await raw(head, plain);
  expect(answer.status).toBe(status);
  if (status === 421) expect(answer.body).toContain('ALLOWED_HOSTS');
  expect(reached).toEqual([]);
});

test.each([
  'GET / HTTP/1.1\r\nHost: LOCALHOST.:9\r\n',
  'GET / HTTP/1.1\r\nHost: a.localhost\r\n',
  'GET / HTTP/1.1\r\nHost: verify.example.com\r\n',
  'GET / HTTP/1.0\r\nHost: [::1]:3000\r\n',
  'GET http://127.0.0.1/ HTTP/1.1\r\nHost: evil.example\r\n',
])('a request for one of our hosts passes: %j', async (head) => {
  const { raw, reached } = await open();
  expect((await raw(head, plain)).status).toBe(200);
  expect(reached).toHaveLength(1);
});

test.each(['/api/health', '/api/ready', '/api/ready?x=1'])(
  'a probe by any name learns the status of %s and nothing else',
  async (path) => {
    const { ask } = await open();
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
    const { raw } = await open({ secure });
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
  const { ask, reached } = await open();
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
  const { ask, reached } = await open({ addresses: { trusted: ['127.0.0.1'], loopbackIsProxy: false } });
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
    const { ask, reached } = await open();
    const cookie = { Cookie: 'echelon-verify-3000.session=x', 'Content-Length': '0' };
    for (const origin of foreignOrigins)
      expect((await ask(line, { ...cookie, Origin: origin })).status, origin).toBe(403);
    for (const site of ['cross-site', 'same-site']) {
      // A wallet needs no cookie, and may sign in at localhost from our page at 127.0.0.1.
      if (line.includes('uth.')) continue;
      expect((await ask(line, { ...cookie, Origin: own, 'Sec-Fetch-Site': site })).status, site).toBe(403);
    }
    // The host that the page used proves nothing.
    expect(
      (await ask(line, { ...cookie, Host: 'verify.example.com', Origin: 'https://verify.example.com' }))
        .status,
    ).toBe(403);
    expect(reached).toEqual([]);
    expect((await ask(line, { ...cookie, Origin: own, 'Sec-Fetch-Site': 'same-origin' })).status).toBe(200);
    expect((await ask(line, cookie)).status).toBe(200);
    expect(reached.every(({ headers }) => headers.cookie !== undefined)).toBe(true);
  },
);

test('a read by another origin’s page goes without cookies; a link that is followed keeps them', async () => {
  const { ask, reached } = await open();
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

test.each([list, query])('pages of all origins read what is public at %s', async (path) => {
  const { ask } = await open();
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
});

test('a local installation has nothing public', async () => {
  const { ask } = await open({ origins: { ...settings.origins, publicReads: false } });
  expect((await ask(`GET ${list}`, page)).header('access-control-allow-origin')).toBeNull();
  const called = await ask(`GET ${list}`, { ...page, Authorization: 'Bearer ev_x' });
  expect(called.header('access-control-allow-origin')).toBe('*');
});

test.each(['GET /', 'GET /certificates', 'GET /api/auth/csrf', 'GET /api/metrics', 'GET /api/v10/x'])(
  'no page of another origin reads %s',
  async (line) => {
    const { ask } = await open();
    for (const headers of [page, { ...page, Authorization: 'Bearer x' }])
      expect((await ask(line, headers)).header('access-control-allow-origin')).toBeNull();
  },
);

test('calls with a bearer token are open to the listed origins', async () => {
  const bearer = { Authorization: 'bearer ev_x', 'Content-Length': '0' };
  const line = 'POST /api/v1/verification/runs';
  const all = await open();
  const called = await all.ask(line, { ...page, ...bearer });
  expect([called.status, called.header('access-control-allow-origin')]).toEqual([200, '*']);
  for (const authorization of ['Basic x', 'ev_x', 'Bearer'])
    expect(
      (await all.ask(line, { ...page, Authorization: authorization, 'Content-Length': '0' })).status,
    ).toBe(403);
  expect((await all.ask('POST /api/auth/signout', { ...page, ...bearer })).status).toBe(403);

  const some = await open({ origins: { ...settings.origins, bearer: ['https://dash.example'] } });
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
  const all = await open();
  const some = await open({ origins: { ...settings.origins, bearer: ['https://dash.example', '*'] } });
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
  const { ask, reached } = await open();
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

test('a body is bounded before anything parses it, declared or chunked', async () => {
  const { ask, reached } = await open();
  const chunked = (bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n0\r\n\r\n`;
  const sent = { 'Transfer-Encoding': 'chunked' };
  for (const [line, limit] of [
    ['POST /api/auth/callback/wallet', 64 * 1024],
    ['POST /runs', 64 * 1024],
    ['GET /certificates', 64 * 1024],
    ['POST /api/trpc/run.create', 1024 * 1024],
    ['POST /api/v1/verification/runs', 1024 * 1024],
  ] as const) {
    expect((await ask(line, { 'Content-Length': String(limit + 1) }, 'x'.repeat(limit + 1))).status).toBe(
      413,
    );
    expect((await ask(line, sent, chunked(limit + 1))).status).toBe(413);
    expect((await ask(line, { 'Content-Length': '99999999999' })).status).toBe(413);
    expect(reached.splice(0)).toEqual([]);
    for (const [headers, body] of [
      [{ 'Content-Length': String(limit) }, 'x'.repeat(limit)],
      [sent, chunked(limit)],
    ] as const) {
      const answer = await ask(line, headers, body);
      expect(answer.status).toBe(200);
      // Whatever way it came, a handler knows its length.
      expect(reached.splice(0)[0]?.headers).toMatchObject({ 'content-length': String(limit) });
    }
  }
}, 60_000);

test('an upgrade is judged by its host and its origin', async () => {
  const { ask, upgraded } = await open();
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket' };
  const statusOf = async (headers: Record<string, string>) =>
    (await ask('GET /_next/webpack-hmr', { ...upgrade, ...headers })).status;
  expect(await statusOf({ Host: 'evil.example' })).toBe(421);
  expect(await statusOf({ Host: 'a b' })).toBe(400);
  expect(await statusOf({ Origin: 'https://evil.example' })).toBe(403);
  expect(await statusOf({ Origin: 'http://localhost:8080' })).toBe(403);
  expect(upgraded).toEqual([]);
  expect(await statusOf({ Origin: own })).toBe(101);
  expect(upgraded).toEqual(['/_next/webpack-hmr']);
});

test('a request over its budget is not parsed, and its answer says when to ask again', async () => {
  const asked: unknown[] = [];
  const { ask, reached } = await open({
    spend: async ({ budget }, address) => {
      asked.push([budget, address]);
      return { status: 429, detail: 'Too many.', headers: { 'retry-after': '9' } };
    },
  });
  for (const [line, budget] of [
    ['GET /certificates', 'reads'],
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

test('slow senders together fill no more than a part of the memory', async () => {
  const { port, ask } = await open();
  const megabyte = 1024 * 1024;
  const head = `POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${megabyte}\r\n\r\n`;
  const slow = Array.from({ length: 70 }, () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write(head);
    socket.write(Buffer.alloc(megabyte - 1));
    return socket;
  });
  closing.push(() => slow.map((socket) => socket.destroy()));
  const answers = slow.map(async (socket) => String((await once(socket, 'data'))[0]));
  expect(await Promise.race(answers)).toMatch(/^HTTP\/1\.1 503 .*\r\nretry-after: 5\r\n/is);
  for (const socket of slow) socket.destroy();
  // What was held is given back.
  await expect
    .poll(async () => (await ask('POST /api/v1/x', { 'Content-Length': '3' }, 'abc')).status)
    .toBe(200);
});

test('however a path is spelled, what the entry judges is what is routed', async () => {
  const spent: unknown[] = [];
  const { ask, reached } = await open({
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

test('the page that asks to sign in is named by the entry alone, and is our own or a listed one', async () => {
  const listed = 'https://app.example';
  const { ask, reached } = await open({ origins: { ...settings.origins, bearer: [listed] } });
  const pageOf = async (headers: Record<string, string>, call = 'auth.nonce') => {
    await ask(`POST /api/trpc/${call}`, {
      'x-echelon-page': 'https://evil.example',
      ...headers,
      'Content-Length': '0',
    });
    return reached.pop()?.headers['x-echelon-page'];
  };
  expect(await pageOf({ Origin: own })).toBe(own);
  expect(await pageOf({ Origin: listed })).toBe(listed);
  expect(await pageOf({})).toBeUndefined();
  expect(await pageOf({ Origin: listed, Authorization: 'Bearer x' }, 'run.create')).toBeUndefined();
});

test('each call of a batch counts, and a reading of a scarce budget’s call counts as a reading', async () => {
  const spent: unknown[] = [];
  const { ask } = await open({
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
  expect(await spentBy('GET /api/trpc/run.tryOracle')).toEqual(['reads', 1]);
  expect(await spentBy('GET /api/auth/callback/github?code=x')).toEqual(['signIns', 1]);
  expect(await spentBy('GET /certificates')).toEqual(['reads', 1]);
});

test('what cannot be parsed behind a complete request is not written into its answer', async () => {
  const { raw } = await open();
  const chunked = 'POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
  const broken = await raw(chunked, 'zz\r\n');
  expect(broken.status).toBe(400);
  expect(broken.count('x-content-type-options')).toBe(1);
  const followed = await raw('GET / HTTP/1.1\r\nHost: localhost\r\n\r\nnot http\r\n\r\n');
  expect(followed.body.match(/HTTP\/1\.1/g)?.length ?? 0).toBeLessThanOrEqual(1);
});

test('one address holds so many connections and no more, and a closed one makes room', async () => {
  const server = createServer();
  boundConnections(server, (peer) => (peer === undefined ? null : 'one'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const opened: Socket[] = [];
  closing.push(() => {
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
  await expect
    .poll(async () => {
      const { socket, closed } = await dial();
      return Promise.race([
        closed,
        new Promise((resolve) => setTimeout(() => resolve(socket.readyState), 100)),
      ]);
    })
    .toBe('open');
});

test('a request that does not arrive in time is answered with 408', async () => {
  const { raw } = await open({}, { headersTimeout: 200, connectionsCheckingInterval: 50 });
  const late = await raw('GET / HTTP/1.1\r\nHost: localhost\r\n');
  expect(late.status).toBe(408);
  expect(late.header('x-content-type-options')).toBe('nosniff');
});
