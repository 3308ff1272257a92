import { and, eq, isNull, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SessionCarrier } from '#contracts/account.ts';
import { sessions, userIdentities, users } from '#db/schema/users.ts';
import { openRig } from '#testing/rigs/engine-rig.ts';
import { accountOf, openToAll } from '#testing/rigs/open-to-all.ts';
import { endSession, endSessions, signOut } from './end-session.ts';
import { listSessions } from './list-sessions.ts';
import { openSession } from './open-session.ts';
import { resolveSecret } from './resolve-secret.ts';
import { hashSecret, kindOfSecret } from './secret.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

let subjects = 0;
const someone = () => {
  subjects += 1;
  return accountOf(rig.context, { provider: 'github', subject: String(subjects) }, 'someone');
};
type Someone = Awaited<ReturnType<typeof someone>>;
const open = async (user: Someone, carrier: SessionCarrier = 'cookie') =>
  (await openSession(rig.context, user, carrier)).secret;
const resolve = (secret: string, carrier: SessionCarrier = 'cookie') =>
  resolveSecret({ db: rig.db, signInRule: openToAll }, secret, carrier);
const rowsOf = ({ userId }: Someone) => rig.db.select().from(sessions).where(eq(sessions.userId, userId));
/** Moves all times of a user's sessions into the past, as if they had gone by. */
const age = ({ userId }: Someone, interval: string) =>
  rig.db
    .update(sessions)
    .set({
      createdAt: sql`created_at - ${interval}::interval`,
      lastUsedAt: sql`last_used_at - ${interval}::interval`,
      expiresAt: sql`expires_at - ${interval}::interval`,
    })
    .where(eq(sessions.userId, userId));

test('a session names its user, each sign-in has its own secret, and only the hash is stored', async () => {
  const user = await someone();
  const [first, second] = [await open(user), await open(user)];
  expect(kindOfSecret(first)).toBe('session');
  expect(first).not.toBe(second);
  expect(await resolve(first)).toEqual({
    userId: user.userId,
    credential: { kind: 'session', id: expect.any(String) },
  });
  expect(await rig.dump()).not.toContain(first.slice(4));
  expect(await rowsOf(user)).toHaveLength(2);
});

test('a cookie’s secret is no bearer token, and a bearer’s no cookie', async () => {
  const user = await someone();
  expect(await resolve(await open(user, 'cookie'), 'bearer')).toBeNull();
  expect(await resolve(await open(user, 'bearer'), 'cookie')).toBeNull();
  expect(await resolve(await open(user, 'bearer'), 'bearer')).toMatchObject({ userId: user.userId });
});

test('signing out ends this session at once, and no other', async () => {
  const user = await someone();
  const [here, there] = [await open(user), await open(user)];
  await signOut(rig.context, here);
  expect(await resolve(here)).toBeNull();
  expect(await resolve(there)).not.toBeNull();
  await signOut(rig.context, here);
});

test('signing out everywhere ends all of the user’s sessions, and nobody else’s', async () => {
  const [user, other] = [await someone(), await someone()];
  const [cookie, bearer, theirs] = [await open(user), await open(user, 'bearer'), await open(other)];
  expect(await endSessions(rig.context, user)).toEqual({ ended: 2 });
  expect([await resolve(cookie), await resolve(bearer, 'bearer')]).toEqual([null, null]);
  expect(await resolve(theirs)).not.toBeNull();
});

test('a user ends one of their own sessions by its id', async () => {
  const [user, other] = [await someone(), await someone()];
  const secret = await open(user);
  const [{ id = '' } = {}] = await rowsOf(user);
  for (const [actor, session] of [
    [other, id],
    [user, 'malformed'],
  ] as const)
    await expect(endSession(rig.context, actor, session)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await resolve(secret)).not.toBeNull();
  await endSession(rig.context, user, id);
  expect(await resolve(secret)).toBeNull();
  await expect(endSession(rig.context, user, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a session ends when it is unused for a week, and after 30 days however much it is used', async () => {
  const user = await someone();
  const idle = await open(user);
  await age(user, '6 days 23 hours');
  expect(await resolve(idle)).not.toBeNull();
  await age(user, '7 days');
  expect(await resolve(idle)).toBeNull();

  const used = await open(user);
  for (let day = 6; day < 30; day += 6) {
    await age(user, '6 days');
    expect(await resolve(used)).not.toBeNull();
  }
  await age(user, '6 days');
  expect(await resolve(used)).toBeNull();
});

test('a program’s session ends after a day', async () => {
  const user = await someone();
  const secret = await open(user, 'bearer');
  await age(user, '23 hours');
  expect(await resolve(secret, 'bearer')).not.toBeNull();
  await age(user, '1 hour');
  expect(await resolve(secret, 'bearer')).toBeNull();
});

test('a session’s last use is noted at most once a minute', async () => {
  const user = await someone();
  const secret = await open(user);
  const lastUsed = async () => (await rowsOf(user))[0]?.lastUsedAt.getTime() ?? 0;
  const opened = await lastUsed();
  await resolve(secret);
  expect(await lastUsed()).toBe(opened);
  await age(user, '61 seconds');
  await resolve(secret);
  expect(await lastUsed()).toBeGreaterThan(opened);
});

test('a list shows where the user is signed in, with the account, and which of them asks', async () => {
  const user = await someone();
  const [here, ended] = [await open(user), await open(user)];
  await open(user, 'bearer');
  await signOut(rig.context, ended);
  const actor = await resolve(here);
  if (actor === null || 'unlisted' in actor) throw new Error('Nobody is signed in.');
  const { sessions: listed } = await listSessions(rig.context, actor);
  expect(listed).toHaveLength(2);
  expect(listed.find(({ current }) => current)).toEqual({
    id: expect.any(String),
    carrier: 'cookie',
    provider: 'github',
    subject: String(subjects),
    createdAt: expect.stringMatching(/Z$/),
    lastUsedAt: expect.stringMatching(/Z$/),
    expiresAt: expect.stringMatching(/Z$/),
    current: true,
  });
  for (const { expiresAt, lastUsedAt, carrier } of listed)
    expect(Date.parse(expiresAt) - Date.parse(lastUsedAt)).toBe(
      (carrier === 'cookie' ? 7 : 1) * 24 * 3_600_000,
    );
});

test('of a user who signs in again and again, the sessions used last are kept', async () => {
  const user = await someone();
  await rig.db.insert(sessions).values(
    Array.from({ length: 120 }, (_, index) => ({
      ...user,
      carrier: 'cookie' as const,
      secretHash: hashSecret(`${user.userId} ${index}`),
      lastUsedAt: new Date(Date.now() - 60_000 * (index + 1)),
      expiresAt: new Date(Date.now() + 3_600_000),
      // What has ended goes first, even if it was used last.
      endedAt: index === 0 ? new Date() : null,
    })),
  );
  const secrets = await Promise.all([open(user), open(user), open(user)]);
  expect(await rowsOf(user)).toHaveLength(100);
  for (const secret of secrets) expect(await resolve(secret)).not.toBeNull();
  const kept = await rig.db
    .select({ oldest: sql<number>`extract(epoch from now() - min(last_used_at)) / 60` })
    .from(sessions)
    .where(and(eq(sessions.userId, user.userId), isNull(sessions.endedAt)));
  expect(Math.round(Number(kept[0]?.oldest))).toBe(98);
});

test('a session ends with its user, and with the account that it came from', async () => {
  const [user, linked] = [await someone(), await someone()];
  const [secret, other] = [await open(user), await open(linked)];
  await rig.db.delete(users).where(eq(users.id, user.userId));
  await rig.db.delete(userIdentities).where(eq(userIdentities.id, linked.identityId));
  expect([await resolve(secret), await resolve(other)]).toEqual([null, null]);
});

test('the log says who signed in and out, and holds no secret', async () => {
  const said: unknown[] = [];
  const log = { ...rig.context.log, info: (...line: unknown[]) => void said.push(line) };
  const user = await someone();
  const { secret } = await openSession({ ...rig.context, log }, user, 'cookie');
  await signOut({ ...rig.context, log }, secret);
  const sessionId = (await rowsOf(user))[0]?.id;
  expect(said).toEqual([
    [{ ...user, sessionId, carrier: 'cookie' }, 'Signed in'],
    [{ userId: user.userId, sessionId }, 'Signed out'],
  ]);
  expect(JSON.stringify(said)).not.toContain(secret);
});
