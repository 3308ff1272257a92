import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SessionCarrier, tokenScopes } from '#contracts/account.ts';
import { apiTokens, users } from '#db/schema/users.ts';
import { openRig } from '#testing/rigs/engine-rig.ts';
import { openToAll } from '#testing/rigs/open-to-all.ts';
import { createApiToken } from './create-token.ts';
import { listApiTokens } from './list-tokens.ts';
import { resolveSecret } from './resolve-secret.ts';
import { revokeApiToken } from './revoke-token.ts';
import { hashSecret, kindOfSecret } from './secret.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const someone = async () => (await rig.user()).userId;
const make = (userId: string, request: Partial<Parameters<typeof createApiToken>[1]> = {}) =>
  createApiToken(rig.context, { userId, name: 'ci', ...request });
const resolve = (token: string, carrier: SessionCarrier = 'bearer') =>
  resolveSecret({ db: rig.db, signInRule: openToAll }, token, carrier);
/** Moves all times of a token into the past, as if they had gone by. */
const age = (id: string, interval: string) =>
  rig.db
    .update(apiTokens)
    .set({
      createdAt: sql`created_at - ${interval}::interval`,
      lastUsedAt: sql`last_used_at - ${interval}::interval`,
      expiresAt: sql`expires_at - ${interval}::interval`,
    })
    .where(eq(apiTokens.id, id));

test('a token names its user and its scopes, and only its hash is stored', async () => {
  const userId = await someone();
  const { token, id } = await make(userId, { scopes: ['account', 'runs:write', 'account'] });
  expect(token).toMatch(/^ev_[0-9A-Za-z]{49}$/);
  expect(await resolve(token)).toEqual({
    userId,
    credential: { kind: 'token', id, scopes: ['runs:write', 'account'] },
  });
  const dump = await rig.dump();
  expect(dump).toContain(hashSecret(token));
  expect(dump).not.toContain(token.slice(3));
});

test('a token may read runs and do nothing else, unless it is given more', async () => {
  expect(await make(await someone())).toMatchObject({ scopes: ['runs:read'], expiresAt: null });
  await expect(make(await someone(), { scopes: [] })).rejects.toMatchObject({ fields: [{ path: 'scopes' }] });
});

test('the database refuses what is no list of scopes', async () => {
  const { id } = await make(await someone());
  for (const scopes of ['["runs:all"]', '[]', '{}', '"runs:read"', 'null'])
    await expect(
      rig.database.sql`update api_tokens set scopes_json = ${scopes}::text::jsonb where id = ${id}`,
    ).rejects.toMatchObject({ code: '23514' });
  const all = JSON.stringify(tokenScopes);
  await rig.database.sql`update api_tokens set scopes_json = ${all}::text::jsonb where id = ${id}`;
});

test('an altered token has a wrong checksum, and costs no statement', async () => {
  const { token } = await make(await someone());
  expect(kindOfSecret(token)).toBe('token');
  const db = new Proxy(rig.db, { get: () => expect.unreachable('A statement was made.') });
  const other = (letter: string | undefined) => (letter === 'A' ? 'B' : 'A');
  const wrong = ['', 'ev_', `x${token}`, `${token}A`, token.slice(0, -1), token.replace('ev_', 'evs_')];
  for (let place = 3; place < token.length; place += 1)
    wrong.push(`${token.slice(0, place)}${other(token[place])}${token.slice(place + 1)}`);
  for (const text of wrong) {
    expect(kindOfSecret(text), text).toBeNull();
    expect(await resolveSecret({ db, signInRule: openToAll }, text, 'bearer')).toBeNull();
  }
});

test('a token is no cookie', async () => {
  const { token } = await make(await someone());
  expect(await resolve(token, 'cookie')).toBeNull();
});

test('a token works until it expires', async () => {
  const { token, id, expiresAt } = await make(await someone(), { expiresInSeconds: 90 });
  expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(Date.now());
  await age(id, '80 seconds');
  expect(await resolve(token)).not.toBeNull();
  await age(id, '11 seconds');
  expect(await resolve(token)).toBeNull();
});

test('a revoked token ends at once, and nobody else can revoke it', async () => {
  const userId = await someone();
  const { token, id } = await make(userId);
  await expect(revokeApiToken(rig.context, { userId: await someone() }, id)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(await resolve(token)).not.toBeNull();
  await revokeApiToken(rig.context, { userId }, id);
  expect(await resolve(token)).toBeNull();
  for (const gone of [id, 'malformed'])
    await expect(revokeApiToken(rig.context, { userId }, gone)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a list shows the user’s own tokens that work, without their secrets', async () => {
  const userId = await someone();
  await make(await someone());
  const [first, second, third] = [await make(userId), await make(userId), await make(userId)];
  await age(first.id, '1 minute');
  await revokeApiToken(rig.context, { userId }, second.id);
  const { tokens } = await listApiTokens(rig.context, { userId });
  expect(tokens.map(({ id }) => id)).toEqual([third.id, first.id]);
  expect(JSON.stringify(tokens)).not.toContain(third.token);
});

test('a token’s last use is noted by the statement that finds it, at most once a minute', async () => {
  const { token, id } = await make(await someone());
  const lastUsed = async () =>
    (await rig.db.select().from(apiTokens).where(eq(apiTokens.id, id)))[0]?.lastUsedAt?.getTime() ?? null;
  expect(await lastUsed()).toBeNull();
  await resolve(token);
  const first = await lastUsed();
  expect(first).not.toBeNull();
  await resolve(token);
  expect(await lastUsed()).toBe(first);
  await age(id, '61 seconds');
  await Promise.all([resolve(token), resolve(token), resolve(token)]);
  expect(await lastUsed()).toBeGreaterThan(first ?? 0);
});

test('a token is deleted with its user', async () => {
  const userId = await someone();
  const { token } = await make(userId);
  await rig.db.delete(users).where(eq(users.id, userId));
  expect(await resolve(token)).toBeNull();
});

test.each([
  ['name', { name: '  ' }],
  ['expiresInSeconds', { expiresInSeconds: 0 }],
  ['expiresInSeconds', { expiresInSeconds: 400_000_000 }],
] as const)('a token that breaks a rule is refused by its field: %s', async (path, request) => {
  await expect(make(await someone(), request)).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path }],
  });
});

test('a user has a hundred live tokens at most, also when many are made at once', async () => {
  const userId = await someone();
  await rig.db.insert(apiTokens).values(
    Array.from({ length: 98 }, (_, index) => ({
      userId,
      name: 'ci',
      scopes: ['runs:read' as const],
      tokenHash: hashSecret(`${userId} ${index}`),
    })),
  );
  const made = await Promise.allSettled(Array.from({ length: 5 }, () => make(userId)));
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  await expect(make(userId)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  const [{ id = '' } = {}] = (await listApiTokens(rig.context, { userId })).tokens;
  await revokeApiToken(rig.context, { userId }, id);
  await make(userId);
});

test('making and revoking again and again leaves a bounded number of rows', async () => {
  const userId = await someone();
  await rig.db.insert(apiTokens).values(
    Array.from({ length: 150 }, (_, index) => ({
      userId,
      name: 'ci',
      scopes: ['runs:read' as const],
      tokenHash: hashSecret(`${userId} ${index}`),
      revokedAt: new Date(),
    })),
  );
  await make(userId);
  expect(await rig.db.$count(apiTokens, eq(apiTokens.userId, userId))).toBe(101);
});

test('the log says who made and revoked which token, and holds no secret', async () => {
  const said: unknown[] = [];
  const log = { ...rig.context.log, info: (...line: unknown[]) => void said.push(line) };
  const userId = await someone();
  const { id, token } = await createApiToken({ ...rig.context, log }, { userId, name: 'planted' });
  await revokeApiToken({ ...rig.context, log }, { userId }, id);
  expect(said).toEqual([
    [{ userId, tokenId: id, scopes: ['runs:read'] }, 'Made a personal token'],
    [{ userId, tokenId: id }, 'Revoked a personal token'],
  ]);
  expect(JSON.stringify(said)).not.toMatch(new RegExp(`${token}|planted`));
});
