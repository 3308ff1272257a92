import { afterAll, beforeAll, expect, test } from 'vitest';
import { signInLinks, users } from '#db/schema/users.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { consumeSignInLink } from './consume-sign-in-link.ts';
import { createSignInLink } from './create-sign-in-link.ts';
import { localOwner } from './local-owner.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
const context = () => ({ db: database.db });

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test('a link signs the owner in once', async () => {
  const { token, expiresAt } = await createSignInLink(context());
  const [stored] = await database.db.select().from(signInLinks);
  expect(expiresAt.getTime() - (stored?.createdAt.getTime() ?? 0)).toBe(60 * 60_000);
  expect(token).toMatch(/^evl_[0-9A-Za-z]{49}$/);
  const owner = await localOwner(context());
  expect(await consumeSignInLink(context(), token)).toEqual(owner);
  expect(await consumeSignInLink(context(), token)).toBeNull();
});

test('a link that is used many times at once signs in once', async () => {
  const { token } = await createSignInLink(context());
  const uses = await Promise.all(Array.from({ length: 8 }, () => consumeSignInLink(context(), token)));
  expect(uses.filter((actor) => actor !== null)).toHaveLength(1);
});

test('an expired link signs nobody in', async () => {
  const { token } = await createSignInLink(context());
  await database.sql`update sign_in_links set expires_at = now()`;
  expect(await consumeSignInLink(context(), token)).toBeNull();
});

test('a newer link replaces an older unused one', async () => {
  const older = await createSignInLink(context());
  const newer = await createSignInLink(context());
  expect(await consumeSignInLink(context(), older.token)).toBeNull();
  expect(await consumeSignInLink(context(), newer.token)).not.toBeNull();
});

test('of links made at once only one works', async () => {
  const made = await Promise.all(Array.from({ length: 4 }, () => createSignInLink(context())));
  const uses = await Promise.all(made.map(({ token }) => consumeSignInLink(context(), token)));
  expect(uses.filter((actor) => actor !== null)).toHaveLength(1);
});

test('the database holds one owner and no link in clear text', async () => {
  const { token } = await createSignInLink(context());
  await Promise.all(Array.from({ length: 4 }, () => localOwner(context())));
  expect(await database.db.select().from(users)).toHaveLength(1);
  expect(JSON.stringify(await database.db.select().from(signInLinks))).not.toContain(token);
});

test('a guess signs nobody in', async () => {
  expect(await consumeSignInLink(context(), 'guess')).toBeNull();
  expect(await consumeSignInLink(context(), '')).toBeNull();
});
