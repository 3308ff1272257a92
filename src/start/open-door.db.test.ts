import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { sessionCookieName } from '#auth/cookies.ts';
import type { BudgetPolicy } from '#contracts/budget.ts';
import { budgets } from '#db/schema/budgets.ts';
import { readEnvironment } from '#env.ts';
import {
  addressBudgets,
  installationBudgets,
  installationReserves,
  networkBudgets,
  signedInBudgets,
  signedInNetworkBudgets,
} from '#platform/budgets/policies.ts';
import { createApiToken, localOwner, openSession } from '#services/account/index.ts';
import { newSecret } from '#services/account/secret.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { accountOf } from '#testing/rigs/open-to-all.ts';
import { openDoor } from './open-door.ts';
import { openWhoAsks } from './who-asks.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.db.delete(budgets));

const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

/** A web process's entry, with a handler behind it that answers everything with 200. */
const openWeb = async (settings: Record<string, string> = {}) => {
  const { door, close } = openDoor(
    readEnvironment({ DATABASE_URL: database.databaseUrl, LOG_LEVEL: 'silent', ...settings }),
  );
  const server = createServer(async (asked, response) => {
    if ((await door.admit(asked, response)) !== null) response.end('passed');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await close();
  });
  const { port } = server.address() as AddressInfo;
  return async (line: string, headers: Record<string, string> = {}, body: string | null = null) => {
    const [method, path] = line.split(' ');
    const asked = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: { host: 'localhost:3000', ...headers },
    });
    // Without it a body that is announced never arrives.
    if (body !== null || headers['content-length'] === undefined) asked.end(body ?? undefined);
    else asked.flushHeaders();
    onTestFinished(() => void asked.on('error', () => {}).destroy());
    const [answer] = await once(asked, 'response');
    answer.resume();
    return { status: answer.statusCode as number, headers: answer.headers as Record<string, string> };
  };
};

const nonce = 'POST /api/trpc/auth.nonce';
const trial = 'POST /api/trpc/run.tryOracle';
/** What follows the page of the one-time link. */
const linkCalls = ['GET /api/auth/providers', 'GET /api/auth/csrf', 'POST /api/auth/callback/link'];
const proxied = { NEXTAUTH_URL: 'https://verify.example.com', TRUSTED_PROXIES: '127.0.0.0/8' };

test('web processes share the budget of an address, and another address has its own', async () => {
  const [one, other] = [await openWeb(proxied), await openWeb(proxied)];
  const from = (address: string) => ({ 'x-forwarded-for': `spoofed, ${address}` });
  const statuses: number[] = [];
  for (let at = 0; at < 70; at += 1)
    statuses.push(
      ...(await Promise.all([one(nonce, from('203.0.113.7')), other(nonce, from('203.0.113.7'))])).map(
        ({ status }) => status,
      ),
    );
  expect(statuses.filter((status) => status === 200)).toHaveLength(120);
  const refused = await one(nonce, from('203.0.113.7'));
  expect(refused.status).toBe(429);
  expect(refused.headers).toMatchObject({
    ratelimit: expect.stringMatching(/^"sign-ins-of-address";r=0;t=\d+$/),
    'ratelimit-policy': '"sign-ins-of-address";q=120;w=60',
    'retry-after': expect.stringMatching(/^\d+$/),
    'strict-transport-security': 'max-age=31536000',
  });
  expect((await other(nonce, from('203.0.113.8'))).status).toBe(200);
  // A page is read from another budget.
  expect((await one('GET /', from('203.0.113.7'))).status).toBe(200);
  expect((await one('GET /api/health', from('203.0.113.7'))).status).toBe(200);
});

/** Spends budgets that several have in common, as others would. */
const spendAll = (policies: BudgetPolicy[], party: string) =>
  Promise.all(
    policies.map(({ name, points }) =>
      database.db
        .insert(budgets)
        .values({ key: `${name}:${party}`, points, expiresAt: sql`now() + interval '1 hour'` })
        .onConflictDoUpdate({ target: budgets.key, set: { points } }),
    ),
  );

test.each([
  ['/48', (at: number) => `2001:db8:1:${at.toString(16)}::5`, '2001:db8:2::5'],
  ['/24', (at: number) => `192.0.2.${at}`, '192.0.3.1'],
])('the addresses of one %s sign in a little oftener than one address', async (_, address, elsewhere) => {
  const ask = await openWeb(proxied);
  const statuses: number[] = [];
  for (let at = 0; at < 300; at += 10)
    statuses.push(
      ...(await Promise.all(
        Array.from({ length: 10 }, (_, more) => ask(nonce, { 'x-forwarded-for': address((at + more) % 10) })),
      ).then((answers) => answers.map(({ status }) => status))),
    );
  expect(statuses.filter((status) => status === 200)).toHaveLength(240);
  expect((await ask(nonce, { 'x-forwarded-for': elsewhere })).status).toBe(200);
});

test('what strangers use up together keeps nobody out who is signed in, and accounts do not keep the owner out', async () => {
  const { db } = database;
  const account = (subject: string) => accountOf({ db }, { provider: 'github', subject });
  const [owner, listed, other] = [await localOwner({ db }), await account('81'), await account('82')];
  const bearer = async ({ userId }: typeof owner) => ({
    authorization: `Bearer ${(await createApiToken({ db, log }, { userId, name: 'test' })).token}`,
  });
  const session = await openSession({ db, log }, other, 'cookie');
  const senders: Record<string, Record<string, string>> = {
    owner: await bearer(owner),
    listed: await bearer(listed),
    token: await bearer(other),
    session: { cookie: `${sessionCookieName(proxied.NEXTAUTH_URL)}=${session.secret}` },
    forged: { authorization: `Bearer ${newSecret('token')}` },
    nobody: {},
  };
  /** Who is let in by a process that has not taken anything of a budget yet. */
  const letIn = async () => {
    const ask = await openWeb({ ...proxied, PAID_JUDGE_ACCOUNTS: 'github:81' });
    const found = await Promise.all(
      Object.entries(senders).map(async ([name, headers]) => {
        const answers = await Promise.all(
          ['GET /runs', 'POST /api/v1/verification/runs', 'POST /api/auth/signout', trial].map((line) =>
            ask(line, { 'x-forwarded-for': '198.18.0.7', ...headers }),
          ),
        );
        const statuses = new Set(answers.map(({ status }) => status));
        expect(statuses.size, name).toBe(1);
        return statuses.has(200) ? [name] : [];
      }),
    );
    const byLink = ['GET /sign-in', ...linkCalls].map((line) =>
      ask(line, { 'x-forwarded-for': '198.18.0.8' }),
    );
    expect((await Promise.all(byLink)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    return found.flat();
  };
  expect(await letIn()).toEqual(Object.keys(senders));
  await spendAll(Object.values(networkBudgets), '198.18.0.0/24');
  expect(await letIn()).toEqual(['owner', 'listed', 'token', 'session']);
  await db.delete(budgets);
  await spendAll([...Object.values(installationBudgets), ...Object.values(installationReserves)], 'all');
  expect(await letIn()).toEqual(['owner', 'listed', 'token', 'session']);
  await spendAll(Object.values(signedInNetworkBudgets), '198.18.0.0/24');
  expect(await letIn()).toEqual(['owner', 'listed']);
  await db.delete(budgets);
  await spendAll([...Object.values(installationBudgets), ...Object.values(installationReserves)], 'all');
  await spendAll(Object.values(signedInBudgets), 'all');
  expect(await letIn()).toEqual(['owner', 'listed']);
  await db.delete(budgets);
  await spendAll(Object.values(addressBudgets), '198.18.0.7');
  expect(await letIn()).toEqual(['owner', 'listed']);
});

test('what a few networks use up together keeps no other network from signing in, but only as often as its reserve', async () => {
  await database.db.delete(budgets);
  await spendAll(Object.values(installationBudgets), 'all');
  const ask = await openWeb(proxied);
  const statusesFrom = async (address: string, times: number) => {
    const statuses: number[] = [];
    for (let time = 0; time < times; time += 1)
      statuses.push((await ask(nonce, { 'x-forwarded-for': address })).status);
    return statuses;
  };
  const heavy = await statusesFrom('198.18.1.7', 25);
  expect(heavy.filter((status) => status === 200)).toHaveLength(20);
  expect(heavy.at(-1)).toBe(429);
  expect(await statusesFrom('198.18.2.7', 3)).toEqual([200, 200, 200]);
  await database.db.delete(budgets);
});

test('who asks is looked up so often only, and remembered', async () => {
  const { db } = database;
  const known = await accountOf({ db }, { provider: 'github', subject: '83' });
  const secrets = await Promise.all([1, 2].map(() => openSession({ db, log }, known, 'bearer')));
  const spent: string[] = [];
  const budgetsOfTwo = {
    spend: async (policy: BudgetPolicy, party: string) =>
      spent.push(`${policy.name} ${party}`) > 2 ? { policy, retryAfterSeconds: 1 } : null,
  };
  const { findSender } = openWhoAsks(readEnvironment({ DATABASE_URL: database.databaseUrl }), {
    db,
    log,
    budgets: budgetsOfTwo,
  });
  const ask = (secret: string) => findSender({ authorization: `Bearer ${secret}` }, '203.0.113.7');
  const sender = { userId: known.userId, standing: 'stranger' };
  const [first, second] = secrets.map(({ secret }) => secret) as [string, string];
  // Never one of ours.
  for (const secret of ['x', `${first}x`]) expect(await ask(secret)).toBeNull();
  expect(spent).toEqual([]);
  expect(await Promise.all(Array.from({ length: 20 }, () => ask(first)))).toEqual(Array(20).fill(sender));
  expect(spent).toEqual(['look-ups-of-address 203.0.113.7']);
  for (let at = 0; at < 20; at += 1) expect(await ask(newSecret('session'))).toBeNull();
  expect(await ask(second)).toBeNull();
  expect(await ask(first)).toEqual(sender);
});

test('a session or a token that is good here lets a large body in, and nothing else does', async () => {
  const { db } = database;
  const [one, other] = [
    await accountOf({ db }, { provider: 'github', subject: '1' }),
    await accountOf({ db }, { provider: 'github', subject: '2' }),
  ];
  const ask = await openWeb({ SIGN_IN_ALLOW: 'github:1' });
  const large = 'x'.repeat(1024 * 1024);
  const outcomeOf = (headers: Record<string, string>, body: string | null = null) =>
    ask('POST /api/v1/verification/runs', { ...headers, 'content-length': String(large.length) }, body);
  const cookie = (secret: string) => ({ cookie: `${sessionCookieName('http://127.0.0.1:3000')}=${secret}` });
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
  const secretsOf = async (account: typeof one) => [
    cookie((await openSession({ db, log }, account, 'cookie')).secret),
    bearer((await openSession({ db, log }, account, 'bearer')).secret),
    bearer((await createApiToken({ db, log }, { userId: account.userId, name: 'test' })).token),
  ];
  for (const headers of await secretsOf(one)) expect((await outcomeOf(headers, large)).status).toBe(200);
  // What is not let in is refused by its head alone.
  for (const headers of await secretsOf(other))
    expect(await outcomeOf(headers)).toMatchObject({
      status: 401,
      headers: {
        'www-authenticate': expect.stringMatching('cookie' in headers ? /^Bearer$/ : /SIGN_IN_ALLOW/),
      },
    });
  for (const headers of [{}, cookie('evs_x'), bearer('ev_x')])
    expect((await outcomeOf(headers)).status).toBe(401);
});

test('where a proxy is likely and not named, its address stands for nobody', async () => {
  const ask = await openWeb({ NEXTAUTH_URL: 'https://verify.example.com' });
  for (let at = 0; at < 125; at += 1) expect((await ask(nonce)).status).toBe(200);
});

test('the environment decides whose pages are our own and which hosts are answered', async () => {
  const statusOf = async (settings: Record<string, string>, host: string, origin: string) => {
    const ask = await openWeb(settings);
    return (await ask('POST /api/auth/signout', { host, origin })).status;
  };
  const local = { PORT: '3000' };
  for (const name of ['localhost', '127.0.0.1', '[::1]'])
    expect(await statusOf(local, `${name}:3000`, `http://${name}:3000`)).toBe(200);
  expect(await statusOf(local, 'localhost:3000', 'http://localhost:3001')).toBe(403);
  expect(await statusOf(local, 'localhost:3000', 'https://localhost:3000')).toBe(403);
  expect(await statusOf(local, '192.168.1.5', 'http://localhost:3000')).toBe(421);
  expect(await statusOf({ PORT: '80' }, 'localhost', 'http://localhost')).toBe(200);

  const strict = { HOST: '0.0.0.0', NEXTAUTH_URL: 'https://verify.example.com' };
  const own = 'https://verify.example.com';
  expect(await statusOf(strict, 'verify.example.com', own)).toBe(200);
  expect(await statusOf(strict, '192.168.1.5:3000', own)).toBe(200);
  expect(await statusOf(strict, 'verify.example.com', 'http://verify.example.com')).toBe(403);
  expect(await statusOf(strict, 'localhost:3000', 'http://localhost:3000')).toBe(403);
  expect(await statusOf(strict, 'verify.internal', own)).toBe(421);
  expect(await statusOf({ ...strict, ALLOWED_HOSTS: 'Verify.Internal.' }, 'verify.internal', own)).toBe(200);
});

test('a local installation has nothing for pages of other origins to read, a strict one has', async () => {
  const read = async (settings: Record<string, string>) => {
    const ask = await openWeb(settings);
    const path = '/api/v1/verification/certificates';
    return (await ask(`GET ${path}`, { origin: 'https://dash.example' })).headers[
      'access-control-allow-origin'
    ];
  };
  expect(await read({})).toBeUndefined();
  expect(await read({ TRUST_LOCAL: '0' })).toBe('*');
});
