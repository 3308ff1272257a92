import { eq } from 'drizzle-orm';
import { decode, encode } from 'next-auth/jwt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { users } from '#db/schema/users.ts';
import { createApiToken, localOwner, userOfIdentity } from '#services/account/index.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import type { AuthContext } from './context.ts';
import { sessionCookieName } from './cookies.ts';
import { resolveActor } from './resolve-actor.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let auth: AuthContext;
let userId: string;
let session: string;
const secret = 'a secret for tests alone';
const url = 'http://127.0.0.1:3000';
const name = sessionCookieName(url);

beforeAll(async () => {
  database = await testDatabase();
  auth = { db: database.db, now: () => new Date(), secret, url, github: null };
  ({ userId } = await localOwner(auth));
  session = await encode({ token: { sub: userId }, secret });
});
afterAll(() => database.close());

const asking = (headers: Record<string, string>) => resolveActor(auth, new Headers(headers));

test('a request without credentials has no actor', async () => {
  expect(await asking({})).toBeNull();
});

test('a session cookie identifies the actor', async () => {
  expect(await asking({ cookie: `theme=dark; ${name}=${session}; other=1` })).toEqual({ userId });
});

test('a cookie under another secret, altered, expired or from another installation gives no actor', async () => {
  const foreign = await encode({ token: { sub: userId }, secret: 'another secret' });
  const expired = await encode({ token: { sub: userId }, secret, maxAge: -60 });
  expect(await decode({ token: session, secret })).toMatchObject({ sub: userId });
  for (const cookie of [
    `${name}=${foreign}`,
    `${name}=${expired}`,
    `${name}=${session.slice(0, -2)}`,
    `${name}=`,
    `${name}`,
    `${sessionCookieName('http://127.0.0.1:30001')}=${session}`,
  ])
    expect(await asking({ cookie })).toBeNull();
});

test('a page of another origin cannot use its visitor’s cookie', async () => {
  const cookie = `${name}=${session}`;
  for (const origin of ['http://127.0.0.1:8080', 'https://evil.example', 'null'])
    expect(await asking({ cookie, origin, host: '127.0.0.1:3000' })).toBeNull();
  expect(await asking({ cookie, origin: url, host: 'internal:8000' })).toEqual({ userId });
  expect(await asking({ cookie, origin: 'http://localhost:3000', host: 'localhost:3000' })).toEqual({
    userId,
  });
});

test('a bearer token identifies the actor, and a wrong one gives no actor, whatever cookie comes with it', async () => {
  const other = await userOfIdentity(auth, { provider: 'github', subject: '42' }, 'other');
  const { token } = await createApiToken(auth, { userId: other.userId, name: 'test' });
  const cookie = `${name}=${session}`;
  expect(await asking({ authorization: `Bearer ${token}`, cookie })).toEqual(other);
  expect(await asking({ authorization: `bearer ${token}` })).toEqual(other);
  for (const authorization of ['Bearer ev_wrong', 'Bearer', 'Basic dXNlcjpwYXNz', `Bearer ${token} x`, ''])
    expect(await asking({ authorization, cookie })).toBeNull();
});

test('a deleted user is no actor', async () => {
  const gone = await userOfIdentity(auth, { provider: 'github', subject: '43' }, 'gone');
  const cookie = `${name}=${await encode({ token: { sub: gone.userId }, secret })}`;
  expect(await asking({ cookie })).toEqual(gone);
  await auth.db.delete(users).where(eq(users.id, gone.userId));
  expect(await asking({ cookie })).toBeNull();
});
