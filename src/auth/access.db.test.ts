import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type SessionCarrier, type TokenScope, tokenScopes } from '#contracts/account.ts';
import { apiTokens, users } from '#db/schema/users.ts';
import {
  createApiToken,
  type KnownIdentity,
  notListedText,
  openSession,
  revokeApiToken,
  signOut,
} from '#services/account/index.ts';
import { createRun } from '#services/run/index.ts';
import { cutMessage, failRun } from '#services/state/transitions.ts';
import { openPolicy, openRig, runRequest } from '#testing/rigs/engine-rig.ts';
import { accountOf } from '#testing/rigs/open-to-all.ts';
import { bearer } from '#testing/rigs/rest-rig.ts';
import { handleTrpc } from '#trpc/handler.ts';
import { appRouter } from '#trpc/root.ts';
import type { Access } from './authorize.ts';
import type { AuthContext } from './context.ts';
import { sessionCookieName } from './cookies.ts';

/** Every procedure, with who may call it. */
const procedures: Record<string, Access> = {
  'auth.me': 'public',
  'auth.nonce': 'public',
  'auth.walletMessage': 'public',
  'auth.walletSignIn': 'public',
  'certificate.byId': 'public',
  'certificate.list': 'public',
  'judge.exams': 'public',
  'judge.rules': 'public',
  'run.byId': 'runs:read',
  'run.cancel': 'runs:write',
  'run.changes': 'runs:read',
  'run.create': 'runs:write',
  'run.createSample': 'runs:write',
  'run.estimate': 'runs:write',
  'run.list': 'runs:read',
  'run.options': 'runs:read',
  'run.resume': 'runs:write',
  'run.retry': 'runs:write',
  'run.tryOracle': 'runs:write',
  'session.end': 'account',
  'session.endAll': 'account',
  'session.list': 'account',
  'token.create': 'session',
  'token.list': 'account',
  'token.revoke': 'account',
};

/** Every endpoint, with who may call it. */
const endpoints: Record<string, Access> = {
  'DELETE /sessions': 'account',
  'DELETE /sessions/[id]': 'account',
  'DELETE /tokens/[id]': 'account',
  'GET /certificates': 'public',
  'GET /certificates/[id]': 'public',
  'GET /runs': 'runs:read',
  'GET /runs/[run_id]': 'runs:read',
  'GET /sessions': 'account',
  'GET /tokens': 'account',
  'POST /runs': 'runs:write',
  'POST /runs/[run_id]/cancel': 'runs:write',
  'POST /runs/[run_id]/resume': 'runs:write',
  'POST /runs/[run_id]/retry': 'runs:write',
  'POST /tokens': 'session',
};

let rig: Awaited<ReturnType<typeof openRig>>;
let auth: AuthContext;
let user: KnownIdentity;
const url = 'http://127.0.0.1:3000';

beforeAll(async () => {
  rig = await openRig();
  const { db, log } = rig.context;
  const signInRule = { allow: ['github:1', 'github:3'], admitAccount: async () => null };
  auth = { db, log, secret: 'x'.repeat(32), url, github: null, signInRule };
  user = await accountOf(rig.context, { provider: 'github', subject: '1' }, 'someone');
});
// The routes take it from here.
beforeEach(() => void vi.stubGlobal('echelonComposition', { services: rig.context, auth }));
// A user may have a hundred.
afterEach(() => rig.db.delete(apiTokens));
afterAll(() => rig.close());

const tokenOf = async (...scopes: TokenScope[]) => {
  const { token, id } = await createApiToken(rig.context, { userId: user.userId, name: 'test', scopes });
  return { token, id };
};
const sessionOf = async (carrier: SessionCarrier, of = user) =>
  (await openSession(rig.context, of, carrier)).secret;

/** Signed in before SIGN_IN_ALLOW was what it is now. */
const unlisted = () => accountOf(rig.context, { provider: 'wallet', subject: `0x${'a'.repeat(40)}` });

type Kind = 'nothing' | 'session' | 'invalid' | 'unlisted' | { scopes: readonly TokenScope[] };

/** Every kind of credential, made afresh for each request, because some requests end it. */
const credentials: Record<string, { kind: Kind; headers: () => Promise<Record<string, string>> }> = {
  'no credential': { kind: 'nothing', headers: async () => ({}) },
  'another scheme': { kind: 'nothing', headers: async () => ({ authorization: 'Basic dXNlcjpwYXNz' }) },
  'a cookie': {
    kind: 'session',
    headers: async () => ({ cookie: `${sessionCookieName(url)}=${await sessionOf('cookie')}`, origin: url }),
  },
  'a cookie of a session that was signed out': {
    kind: 'nothing',
    headers: async () => {
      const secret = await sessionOf('cookie');
      await signOut(rig.context, secret);
      return { cookie: `${sessionCookieName(url)}=${secret}`, origin: url };
    },
  },
  'a program’s session': { kind: 'session', headers: async () => bearer(await sessionOf('bearer')) },
  'a program’s session that was signed out': {
    kind: 'invalid',
    headers: async () => {
      const secret = await sessionOf('bearer');
      await signOut(rig.context, secret);
      return bearer(secret);
    },
  },
  'a cookie’s secret as a token': {
    kind: 'invalid',
    headers: async () => bearer(await sessionOf('cookie')),
  },
  ...Object.fromEntries(
    tokenScopes.map((scope) => [
      `a token with ${scope}`,
      { kind: { scopes: [scope] }, headers: async () => bearer((await tokenOf(scope)).token) },
    ]),
  ),
  'a token with all scopes': {
    kind: { scopes: tokenScopes },
    headers: async () => bearer((await tokenOf(...tokenScopes)).token),
  },
  'an expired token': {
    kind: 'invalid',
    headers: async () => {
      const { token, id } = await tokenOf(...tokenScopes);
      await rig.database.sql`update api_tokens set expires_at = now() where id = ${id}`;
      return bearer(token);
    },
  },
  'a revoked token': {
    kind: 'invalid',
    headers: async () => {
      const { token, id } = await tokenOf(...tokenScopes);
      await revokeApiToken(rig.context, user, id);
      return bearer(token);
    },
  },
  'a token with a wrong checksum': {
    kind: 'invalid',
    headers: async () => {
      const { token } = await tokenOf(...tokenScopes);
      return bearer(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`);
    },
  },
  'a token of another installation': {
    kind: 'invalid',
    headers: async () => {
      const { token, id } = await tokenOf(...tokenScopes);
      await rig.db.delete(apiTokens).where(eq(apiTokens.id, id));
      return bearer(token);
    },
  },
  'a deleted user’s token': {
    kind: 'invalid',
    headers: async () => {
      const gone = await accountOf(rig.context, { provider: 'github', subject: '2' });
      const { token } = await createApiToken(rig.context, {
        userId: gone.userId,
        name: 'test',
        scopes: [...tokenScopes],
      });
      await rig.db.delete(users).where(eq(users.id, gone.userId));
      return bearer(token);
    },
  },
  'a cookie of an account that may not sign in any more': {
    kind: 'nothing',
    headers: async () => ({
      cookie: `${sessionCookieName(url)}=${await sessionOf('cookie', await unlisted())}`,
      origin: url,
    }),
  },
  'a program’s session of an account that may not sign in any more': {
    kind: 'unlisted',
    headers: async () => bearer(await sessionOf('bearer', await unlisted())),
  },
  'a token of an account that may not sign in any more': {
    kind: 'unlisted',
    headers: async () => {
      const { userId } = await unlisted();
      const scopes = [...tokenScopes];
      return bearer((await createApiToken(rig.context, { userId, name: 'test', scopes })).token);
    },
  },
};

type Outcome = { status: 'let in' | 401 | 403; challenge: string | null };

const letIn: Outcome = { status: 'let in', challenge: null };

const expected = (access: Access, kind: Kind): Outcome => {
  if (access === 'public') return letIn;
  if (kind === 'nothing') return { status: 401, challenge: 'Bearer' };
  if (kind === 'invalid' || kind === 'unlisted') {
    const why = kind === 'unlisted' ? notListedText : 'The token is unknown, was revoked, or has expired.';
    return { status: 401, challenge: `Bearer error="invalid_token", error_description="${why}"` };
  }
  if (kind === 'session') return letIn;
  if (access === 'session') return { status: 403, challenge: 'Bearer error="insufficient_scope"' };
  return kind.scopes.includes(access)
    ? letIn
    : { status: 403, challenge: `Bearer error="insufficient_scope", scope="${access}"` };
};

const outcomeOf = (response: Response): Outcome => {
  expect(response.status).toBeLessThan(500);
  const { status } = response;
  return {
    status: status === 401 || status === 403 ? status : 'let in',
    challenge: response.headers.get('www-authenticate'),
  };
};

const typeOf = (path: string) =>
  (appRouter._def.procedures as unknown as Record<string, { _def: { type: string } }>)[path]?._def.type;

const callProcedure = (path: string, input: unknown, headers: Record<string, string>) => {
  const address = `${url}/api/trpc/${path}`;
  const body = JSON.stringify(input);
  return handleTrpc(
    { services: rig.context, auth },
    typeOf(path) === 'mutation'
      ? new Request(address, {
          method: 'POST',
          body,
          headers: {
            'content-type': 'application/json',
            'content-length': String(Buffer.byteLength(body)),
            ...headers,
          },
        })
      : new Request(`${address}?input=${encodeURIComponent(body)}`, { headers }),
  );
};

const folder = join(import.meta.dirname, '../app/api/v1/verification');
type Route = Record<
  string,
  (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>
>;
const routes = new Map<string, Route[string]>();
for (const file of globSync('**/route.ts', { cwd: folder })) {
  const route: Route = await import(join(folder, file));
  for (const [method, handle] of Object.entries(route)) routes.set(`${method} /${dirname(file)}`, handle);
}

const unknownId = '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11';

const callEndpoint = (name: string, id: string, headers: Record<string, string>, body: unknown = {}) => {
  const handle = routes.get(name);
  if (handle === undefined) throw new Error(`There is no endpoint ${name}.`);
  const [method = '', path = ''] = name.split(' ');
  const address = `${url}/api/v1/verification${path.replace(/\[.*?\]/, id)}`;
  return handle(
    new Request(address, {
      method,
      headers,
      ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
    }),
    { params: Promise.resolve({ id, run_id: id }) },
  );
};

test('this test names every procedure and every endpoint', () => {
  expect(Object.keys(appRouter._def.procedures).toSorted()).toEqual(Object.keys(procedures));
  expect([...routes.keys()].toSorted()).toEqual(Object.keys(endpoints));
});

test.each(Object.keys(credentials))(
  'every procedure lets %s in or refuses it, as its scope says',
  async (name) => {
    const credential = credentials[name];
    if (credential === undefined) throw new Error('Not in the table.');
    for (const [path, access] of Object.entries(procedures)) {
      const response = await callProcedure(path, { id: unknownId }, await credential.headers());
      const wanted = expected(access, credential.kind);
      if (typeOf(path) !== 'subscription') {
        expect(outcomeOf(response), path).toEqual(wanted);
        continue;
      }
      // A stream's refusal is its first event, because its status is sent before.
      const code = /"code":"([A-Z_]+)"/.exec(await response.text())?.[1];
      const codes = { 401: 'UNAUTHORIZED', 403: 'FORBIDDEN' };
      if (wanted.status === 'let in') expect(Object.values(codes), path).not.toContain(code);
      else expect(code, path).toBe(codes[wanted.status]);
    }
  },
);

test.each(Object.keys(credentials))(
  'every endpoint lets %s in or refuses it, as its scope says',
  async (name) => {
    const credential = credentials[name];
    if (credential === undefined) throw new Error('Not in the table.');
    for (const [endpoint, access] of Object.entries(endpoints)) {
      const response = await callEndpoint(endpoint, unknownId, await credential.headers());
      expect(outcomeOf(response), endpoint).toEqual(expected(access, credential.kind));
      if (response.status === 401 || response.status === 403)
        expect(await response.json()).toEqual({
          detail: name.includes('may not sign in any more')
            ? expect.stringContaining('SIGN_IN_ALLOW')
            : expect.any(String),
        });
    }
  },
);

test('every call that is not public counts once against its account, and only if it is let in', async () => {
  const spend = vi.spyOn(rig.context.budgets, 'spend');
  onTestFinished(() => spend.mockRestore());
  const spentBy = async (call: () => Promise<Response>) => {
    spend.mockClear();
    await (await call()).text();
    return spend.mock.calls.map(([{ name }, whom]) => (whom === user.userId ? name : whom));
  };
  const session = credentials['a program’s session'];
  if (session === undefined) throw new Error('Not in the table.');
  const trials = ['run.estimate', 'run.tryOracle'];
  for (const [path, access] of Object.entries(procedures)) {
    const budget = trials.includes(path) ? 'trials' : typeOf(path) === 'mutation' ? 'writes' : 'reads';
    const headers = await session.headers();
    expect(await spentBy(() => callProcedure(path, { id: unknownId }, headers)), path).toEqual(
      access === 'public' ? [] : [`${budget}-of-account`],
    );
    expect(await spentBy(() => callProcedure(path, { id: unknownId }, {})), path).toEqual([]);
  }
  for (const [endpoint, access] of Object.entries(endpoints)) {
    const budget = endpoint.startsWith('GET ') ? 'reads' : 'writes';
    const headers = await session.headers();
    expect(await spentBy(() => callEndpoint(endpoint, unknownId, headers)), endpoint).toEqual(
      access === 'public' ? [] : [`${budget}-of-account`],
    );
    expect(await spentBy(() => callEndpoint(endpoint, unknownId, {})), endpoint).toEqual([]);
  }
});

test('what belongs to one user does not exist for another, whatever they sign in with', async () => {
  const { runId } = await createRun(rig.context, user, runRequest());
  const { id: tokenId } = await tokenOf('runs:read');
  await sessionOf('cookie');
  const own = bearer(await sessionOf('bearer'));
  const listed = await callEndpoint('GET /sessions', '', own);
  const { sessions } = (await listed.json()) as { sessions: { id: string; current: boolean }[] };
  const sessionId = sessions.find(({ current }) => !current)?.id ?? '';
  const other = await accountOf(rig.context, { provider: 'github', subject: '3' });
  const { token } = await createApiToken(rig.context, {
    userId: other.userId,
    name: 'test',
    scopes: [...tokenScopes],
  });
  for (const headers of [bearer(token), bearer(await sessionOf('bearer', other))]) {
    const ids: Record<string, string> = { run: runId, token: tokenId, session: sessionId };
    const named = Object.keys(procedures).filter((path) =>
      /\.(?:byId|cancel|changes|resume|retry|end|revoke)$/.test(path),
    );
    for (const path of named.filter((path) => !path.startsWith('certificate.'))) {
      const id = ids[path.split('.')[0] ?? ''];
      expect(await (await callProcedure(path, { id }, headers)).text(), path).toMatch(
        // A stream does not name the error yet.
        typeOf(path) === 'subscription' ? /NOT_FOUND|INTERNAL_SERVER_ERROR/ : /"code":"NOT_FOUND"/,
      );
    }
    for (const endpoint of Object.keys(endpoints).filter((name) => name.includes('['))) {
      const [, what = ''] = /\/(run|token|session)s/.exec(endpoint) ?? [];
      if (what !== '')
        expect((await callEndpoint(endpoint, ids[what] ?? '', headers)).status, endpoint).toBe(404);
    }
  }
  expect((await callEndpoint('DELETE /sessions/[id]', sessionId, own)).status).toBe(204);
  expect((await callEndpoint('DELETE /tokens/[id]', tokenId, own)).status).toBe(204);
  expect((await callEndpoint('GET /runs/[run_id]', runId, own)).status).toBe(200);
});

test('a judge that costs money needs runs:spend, named or by default, at every door that starts a run', async () => {
  const paid = { ...runRequest(), judge: 'anthropic' as const };
  const { runId } = await createRun(rig.context, user, paid);
  await failRun(rig.db, runId, cutMessage('The judge was away.'), rig.context.now());
  const writes = bearer((await tokenOf('runs:read', 'runs:write')).token);
  const spends = bearer((await tokenOf('runs:write', 'runs:spend')).token);
  const refused = { status: 403, challenge: 'Bearer error="insufficient_scope", scope="runs:spend"' };

  const { limit: _, minReplays: __, ...estimate } = paid;
  // Let in, an estimate waits for a worker.
  expect(outcomeOf(await callProcedure('run.estimate', estimate, writes))).toEqual(refused);
  for (const [path, input] of [
    ['run.create', paid],
    ['run.retry', { id: runId }],
  ] as const) {
    expect(outcomeOf(await callProcedure(path, input, writes)), path).toEqual(refused);
    expect(outcomeOf(await callProcedure(path, input, spends)), path).toEqual(letIn);
  }
  expect(outcomeOf(await callProcedure('run.create', runRequest(), writes))).toEqual(letIn);

  const body = {
    repo_url: 'owner/name',
    construct_id: 'construct',
    oracle_url: 'https://oracle.example/ask',
    judge: 'anthropic',
  };
  expect(outcomeOf(await callEndpoint('POST /runs', '', writes, body))).toEqual(refused);
  expect((await callEndpoint('POST /runs', '', spends, body)).status).toBe(201);
  expect(outcomeOf(await callEndpoint('POST /runs/[run_id]/retry', runId, writes))).toEqual(refused);
  expect((await callEndpoint('POST /runs/[run_id]/retry', runId, spends)).status).toBe(201);

  const { judge: ___, ...byDefault } = body;
  vi.stubGlobal('echelonComposition', {
    services: { ...rig.context, policy: { ...openPolicy, defaultJudge: 'anthropic' } },
    auth,
  });
  expect(outcomeOf(await callEndpoint('POST /runs', '', writes, byDefault))).toEqual(refused);
  expect((await callEndpoint('POST /runs', '', spends, byDefault)).status).toBe(201);
  const options = await callProcedure('run.options', {}, writes);
  expect(await options.text()).toContain('lacks the scope runs:spend');
});

test('a session makes a token over REST, which then works, and which a token cannot do', async () => {
  const session = bearer(await sessionOf('bearer'));
  const request = { name: 'ci', scopes: ['account', 'runs:read'], expires_in_seconds: 3600 };
  const created = await callEndpoint('POST /tokens', '', session, request);
  expect(created.status).toBe(201);
  expect(created.headers.get('cache-control')).toBe('no-store');
  const made = (await created.json()) as { id: string; token: string };
  expect(made).toEqual({
    id: expect.any(String),
    name: 'ci',
    scopes: ['runs:read', 'account'],
    created_at: expect.stringMatching(/Z$/),
    last_used_at: null,
    expires_at: expect.stringMatching(/Z$/),
    token: expect.stringMatching(/^ev_/),
  });
  const own = bearer(made.token);
  expect((await callEndpoint('GET /runs', '', own)).status).toBe(200);
  expect((await callEndpoint('POST /tokens', '', own, request)).status).toBe(403);
  const { tokens } = (await (await callEndpoint('GET /tokens', '', own)).json()) as { tokens: object[] };
  expect(tokens[0]).toMatchObject({ id: made.id, last_used_at: expect.stringMatching(/Z$/) });
  expect(JSON.stringify(tokens)).not.toContain(made.token);

  const wrong = await callEndpoint('POST /tokens', '', session, { name: '', scopes: ['runs:all'] });
  expect(wrong.status).toBe(422);
  const { detail } = (await wrong.json()) as { detail: { field: string }[] };
  expect(detail.map(({ field }) => field)).toEqual(['name', 'scopes.0']);

  expect((await callEndpoint('DELETE /tokens/[id]', made.id, own)).status).toBe(204);
  expect((await callEndpoint('GET /runs', '', own)).status).toBe(401);
});

test('signing out everywhere over REST ends the session that asks too, and leaves tokens', async () => {
  const { token } = await tokenOf('runs:read');
  const [here, there] = [bearer(await sessionOf('bearer')), bearer(await sessionOf('bearer'))];
  const ended = await callEndpoint('DELETE /sessions', '', here);
  expect(await ended.json()).toEqual({ ended: expect.any(Number) });
  for (const headers of [here, there])
    expect((await callEndpoint('GET /runs', '', headers)).status).toBe(401);
  expect((await callEndpoint('GET /runs', '', bearer(token))).status).toBe(200);
});
