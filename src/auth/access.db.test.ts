import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { type TokenScope, tokenScopes } from '#contracts/account.ts';
import { apiTokens, users } from '#db/schema/users.ts';
import { notListedText, revokeApiToken, signOut } from '#services/account/index.ts';
import {
  type ApiDoors,
  doorsUrl,
  letIn,
  type Outcome,
  openApiDoors,
  outcomeOf,
  typeOfProcedure,
} from '#testing/rigs/api-doors.ts';
import { accountOf } from '#testing/rigs/open-to-all.ts';
import { bearer } from '#testing/rigs/rest-rig.ts';
import type { Access } from './authorize.ts';
import { sessionCookieName } from './cookies.ts';

/** Every procedure, with who may call it. */
const procedures: Record<string, Access> = {
  'audit.begin': 'runs:write',
  'audit.finish': 'runs:write',
  'audit.label': 'runs:write',
  'audit.progress': 'runs:read',
  'audit.task': 'runs:read',
  'auth.me': 'public',
  'auth.nonce': 'public',
  'auth.walletMessage': 'public',
  'auth.walletSignIn': 'public',
  'certificate.audit': 'public',
  'certificate.byId': 'public',
  'certificate.list': 'public',
  'certificate.options': 'public',
  'certificate.revoke': 'certificates:write',
  'certificate.standing': 'public',
  'construct.byName': 'public',
  'dispute.close': 'certificates:write',
  'dispute.open': 'certificates:write',
  'dispute.removeText': 'certificates:write',
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
  'DELETE /disputes/[id]/text': 'certificates:write',
  'DELETE /sessions': 'account',
  'DELETE /sessions/[id]': 'account',
  'DELETE /tokens/[id]': 'account',
  'GET /.well-known/jwks.json': 'public',
  'GET /certificates': 'public',
  'GET /certificates/[id]': 'public',
  'GET /certificates/[id]/[...file]': 'public',
  'GET /certificates/[id]/audit': 'public',
  'GET /constructs/[name]': 'public',
  'GET /disputes/[id]/text': 'public',
  'GET /judges': 'public',
  'GET /log/checkpoint': 'public',
  'GET /log/tile/[...path]': 'public',
  'GET /log/vkey': 'public',
  'GET /runs': 'runs:read',
  'GET /runs/[run_id]': 'runs:read',
  'GET /sessions': 'account',
  'GET /tokens': 'account',
  'POST /certificates/[id]/dispute': 'certificates:write',
  'POST /certificates/[id]/revoke': 'certificates:write',
  'POST /disputes/[id]/close': 'certificates:write',
  'POST /runs': 'runs:write',
  'POST /runs/[run_id]/cancel': 'runs:write',
  'POST /runs/[run_id]/resume': 'runs:write',
  'POST /runs/[run_id]/retry': 'runs:write',
  'POST /tokens': 'session',
};

let doors: ApiDoors;
beforeAll(async () => {
  doors = await openApiDoors(['github:1']);
});
// A user may have a hundred.
afterEach(() => doors.rig.db.delete(apiTokens));
afterAll(() => doors.close());

/** Signed in before SIGN_IN_ALLOW was what it is now. */
const unlisted = () => accountOf(doors.rig.context, { provider: 'wallet', subject: `0x${'a'.repeat(40)}` });

type Kind = 'nothing' | 'session' | 'invalid' | 'unlisted' | { scopes: readonly TokenScope[] };

/** Every kind of credential, made afresh for each request, because some requests end it. */
const credentials: Record<string, { kind: Kind; headers: () => Promise<Record<string, string>> }> = {
  'no credential': { kind: 'nothing', headers: async () => ({}) },
  'another scheme': { kind: 'nothing', headers: async () => ({ authorization: 'Basic dXNlcjpwYXNz' }) },
  'a cookie': {
    kind: 'session',
    headers: async () => ({
      cookie: `${sessionCookieName(doorsUrl)}=${await doors.sessionOf('cookie')}`,
      origin: doorsUrl,
    }),
  },
  'a cookie of a session that was signed out': {
    kind: 'nothing',
    headers: async () => {
      const secret = await doors.sessionOf('cookie');
      await signOut(doors.rig.context, secret);
      return { cookie: `${sessionCookieName(doorsUrl)}=${secret}`, origin: doorsUrl };
    },
  },
  'a program’s session': { kind: 'session', headers: async () => bearer(await doors.sessionOf('bearer')) },
  'a program’s session that was signed out': {
    kind: 'invalid',
    headers: async () => {
      const secret = await doors.sessionOf('bearer');
      await signOut(doors.rig.context, secret);
      return bearer(secret);
    },
  },
  'a cookie’s secret as a token': {
    kind: 'invalid',
    headers: async () => bearer(await doors.sessionOf('cookie')),
  },
  ...Object.fromEntries(
    tokenScopes.map((scope) => [
      `a token with ${scope}`,
      { kind: { scopes: [scope] }, headers: async () => bearer((await doors.tokenOf([scope])).token) },
    ]),
  ),
  'a token with all scopes': {
    kind: { scopes: tokenScopes },
    headers: async () => bearer((await doors.tokenOf(tokenScopes)).token),
  },
  'an expired token': {
    kind: 'invalid',
    headers: async () => {
      const { token, id } = await doors.tokenOf(tokenScopes);
      await doors.rig.database.sql`update api_tokens set expires_at = now() where id = ${id}`;
      return bearer(token);
    },
  },
  'a revoked token': {
    kind: 'invalid',
    headers: async () => {
      const { token, id } = await doors.tokenOf(tokenScopes);
      await revokeApiToken(doors.rig.context, doors.user, id);
      return bearer(token);
    },
  },
  'a token with a wrong checksum': {
    kind: 'invalid',
    headers: async () => {
      const { token } = await doors.tokenOf(tokenScopes);
      return bearer(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`);
    },
  },
  'a token of another installation': {
    kind: 'invalid',
    headers: async () => {
      const { token, id } = await doors.tokenOf(tokenScopes);
      await doors.rig.db.delete(apiTokens).where(eq(apiTokens.id, id));
      return bearer(token);
    },
  },
  'a deleted user’s token': {
    kind: 'invalid',
    headers: async () => {
      const gone = await accountOf(doors.rig.context, { provider: 'github', subject: '2' });
      const { token } = await doors.tokenOf(tokenScopes, gone);
      await doors.rig.db.delete(users).where(eq(users.id, gone.userId));
      return bearer(token);
    },
  },
  'a cookie of an account that may not sign in any more': {
    kind: 'nothing',
    headers: async () => ({
      cookie: `${sessionCookieName(doorsUrl)}=${await doors.sessionOf('cookie', await unlisted())}`,
      origin: doorsUrl,
    }),
  },
  'a program’s session of an account that may not sign in any more': {
    kind: 'unlisted',
    headers: async () => bearer(await doors.sessionOf('bearer', await unlisted())),
  },
  'a token of an account that may not sign in any more': {
    kind: 'unlisted',
    headers: async () => bearer((await doors.tokenOf(tokenScopes, await unlisted())).token),
  },
};

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

const unknownId = '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11';

test('this test names every procedure and every endpoint', () => {
  expect(doors.procedures.toSorted()).toEqual(Object.keys(procedures));
  expect(doors.endpoints.toSorted()).toEqual(Object.keys(endpoints));
});

test.each(Object.keys(credentials))(
  'every procedure lets %s in or refuses it, as its scope says',
  async (name) => {
    const credential = credentials[name];
    if (credential === undefined) throw new Error('Not in the table.');
    for (const [path, access] of Object.entries(procedures)) {
      const response = await doors.callProcedure(path, { id: unknownId }, await credential.headers());
      const wanted = expected(access, credential.kind);
      if (typeOfProcedure(path) !== 'subscription') {
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
      const response = await doors.callEndpoint(endpoint, unknownId, await credential.headers());
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
  const spend = vi.spyOn(doors.rig.context.budgets, 'spend');
  onTestFinished(() => spend.mockRestore());
  const spentBy = async (call: () => Promise<Response>) => {
    spend.mockClear();
    await (await call()).text();
    return spend.mock.calls.map(([{ name }, whom]) => (whom === doors.user.userId ? name : whom));
  };
  const session = credentials['a program’s session'];
  if (session === undefined) throw new Error('Not in the table.');
  const trials = ['run.estimate', 'run.tryOracle'];
  for (const [path, access] of Object.entries(procedures)) {
    const budget = trials.includes(path)
      ? 'trials'
      : typeOfProcedure(path) === 'mutation'
        ? 'writes'
        : 'reads';
    const headers = await session.headers();
    expect(await spentBy(() => doors.callProcedure(path, { id: unknownId }, headers)), path).toEqual(
      access === 'public' ? [] : [`${budget}-of-account`],
    );
    expect(await spentBy(() => doors.callProcedure(path, { id: unknownId }, {})), path).toEqual([]);
  }
  for (const [endpoint, access] of Object.entries(endpoints)) {
    const budget = endpoint.startsWith('GET ') ? 'reads' : 'writes';
    const headers = await session.headers();
    expect(await spentBy(() => doors.callEndpoint(endpoint, unknownId, headers)), endpoint).toEqual(
      access === 'public' ? [] : [`${budget}-of-account`],
    );
    expect(await spentBy(() => doors.callEndpoint(endpoint, unknownId, {})), endpoint).toEqual([]);
  }
});
