import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiTokens, users } from '#db/schema/users.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { createApiToken } from './create-token.ts';
import { resolveApiToken } from './resolve-token.ts';
import { userOfIdentity } from './user-of-identity.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let clock = new Date('2026-11-24T10:00:00Z');
const now = () => clock;
const context = () => ({ db: database.db, now });

const someone = (subject: string) =>
  userOfIdentity({ db: database.db }, { provider: 'github', subject }, 'someone');

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test('a token names its user, and only its hash is stored', async () => {
  const { userId } = await someone('1');
  const { token } = await createApiToken(context(), { userId, name: 'laptop' });
  expect(token).toMatch(/^ev_[A-Za-z0-9_-]{43}$/);
  expect(await resolveApiToken(context(), token)).toEqual({ userId });
  expect(JSON.stringify(await database.db.select().from(apiTokens))).not.toContain(token.slice(3));
});

test('an unknown, altered or foreign token belongs to nobody', async () => {
  const { userId } = await someone('1');
  const { token } = await createApiToken(context(), { userId, name: 'laptop' });
  const altered = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
  for (const wrong of ['', 'ev_', altered, token.slice(3), `x${token}`])
    expect(await resolveApiToken(context(), wrong)).toBeNull();
});

test('a token works until it expires, and the next one clears it away', async () => {
  const { userId } = await someone('2');
  const expiresAt = new Date(clock.getTime() + 1000);
  const { token } = await createApiToken(context(), { userId, name: 'short', expiresAt });
  expect(await resolveApiToken(context(), token)).toEqual({ userId });
  clock = expiresAt;
  expect(await resolveApiToken(context(), token)).toBeNull();
  await createApiToken(context(), { userId, name: 'next' });
  const left = await database.db.select().from(apiTokens).where(eq(apiTokens.userId, userId));
  expect(left.map(({ name }) => name)).toEqual(['next']);
});

test('a token’s last use is noted, at most once a minute', async () => {
  const { userId } = await someone('3');
  const { token } = await createApiToken(context(), { userId, name: 'ci' });
  const lastUsed = async () =>
    (await database.db.select().from(apiTokens).where(eq(apiTokens.userId, userId)))[0]?.lastUsedAt;
  expect(await lastUsed()).toBeNull();
  const first = clock;
  await resolveApiToken(context(), token);
  clock = new Date(first.getTime() + 59_000);
  await resolveApiToken(context(), token);
  expect(await lastUsed()).toEqual(first);
  clock = new Date(first.getTime() + 61_000);
  await resolveApiToken(context(), token);
  expect(await lastUsed()).toEqual(clock);
});

test('a token is deleted with its user', async () => {
  const { userId } = await someone('4');
  const { token } = await createApiToken(context(), { userId, name: 'ci' });
  await database.db.delete(users).where(eq(users.id, userId));
  expect(await resolveApiToken(context(), token)).toBeNull();
});

test('a token without a name, or with an expiry in the past, is refused by its field', async () => {
  const { userId } = await someone('5');
  await expect(createApiToken(context(), { userId, name: '  ' })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'name' }],
  });
  await expect(createApiToken(context(), { userId, name: 'late', expiresAt: clock })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'expiresAt' }],
  });
});
