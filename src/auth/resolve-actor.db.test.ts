import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as schema from '#db/schema/index.ts';
import { users } from '#db/schema/users.ts';
import { createApiToken, openSession } from '#services/account/index.ts';
import { openRig } from '#testing/rigs/engine-rig.ts';
import { accountOf, authOf } from '#testing/rigs/open-to-all.ts';
import type { AuthContext } from './context.ts';
import { sessionCookieName } from './cookies.ts';
import { resolveActor } from './resolve-actor.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
let auth: AuthContext;
let userId: string;
let session: string;
const url = 'http://127.0.0.1:3000';
const name = sessionCookieName(url);

const signIn = async (subject: string, carrier: 'cookie' | 'bearer' = 'cookie') => {
  const user = await accountOf(auth, { provider: 'github', subject }, 'someone');
  return { userId: user.userId, secret: (await openSession(auth, user, carrier)).secret };
};

beforeAll(async () => {
  rig = await openRig();
  auth = authOf(rig.context, url);
  ({ userId, secret: session } = await signIn('1'));
});
afterAll(() => rig.close());

const asking = (headers: Record<string, string>, on = auth) => resolveActor(on, new Headers(headers));
const owner = () =>
  expect.objectContaining({ userId, credential: { kind: 'session', id: expect.any(String) } });

test('a request without credentials has no actor', async () => {
  expect(await asking({})).toBeNull();
});

test('a session cookie identifies the actor', async () => {
  expect(await asking({ cookie: `theme=dark; ${name}=${session}; other=1` })).toEqual(owner());
});

test('an altered cookie, an empty one, one from another installation, and one of no session give no actor', async () => {
  for (const cookie of [
    `${name}=${session.slice(0, -2)}`,
    `${name}=${(await signIn('2', 'bearer')).secret}`,
    `${name}=`,
    `${name}`,
    `${name}=${session}x`,
    `${name}.0=${session}`,
    `${sessionCookieName('http://127.0.0.1:30001')}=${session}`,
  ])
    expect(await asking({ cookie }), cookie).toBeNull();
});

test('a bearer token identifies the actor, and a wrong one gives no actor, whatever cookie comes with it', async () => {
  const other = await signIn('42', 'bearer');
  const { token } = await createApiToken(auth, { userId: other.userId, name: 'test' });
  const cookie = `${name}=${session}`;
  for (const secret of [token, other.secret]) {
    expect(await asking({ authorization: `Bearer ${secret}`, cookie })).toMatchObject({
      userId: other.userId,
    });
    expect(await asking({ authorization: `bearer ${secret}` })).toMatchObject({ userId: other.userId });
    // Another site's program has no cookie to abuse, and its own token.
    expect(await asking({ authorization: `Bearer ${secret}`, origin: 'https://app.example' })).toMatchObject({
      userId: other.userId,
    });
  }
  for (const authorization of [
    'Bearer ev_wrong',
    'Bearer',
    'Basic dXNlcjpwYXNz',
    `Bearer ${token} x`,
    `Bearer ${session}`,
    '',
  ])
    expect(await asking({ authorization, cookie }), authorization).toBeNull();
});

test('who asks is found by one statement, whatever the credential, and by none without one', async () => {
  const bearer = await signIn('43', 'bearer');
  const { token } = await createApiToken(auth, { userId, name: 'test' });
  const statements = async (headers: Record<string, string>) => {
    let count = 0;
    const { sql } = rig.database;
    const counted = new Proxy(sql, {
      get: (target, key) =>
        key === 'unsafe'
          ? (...args: Parameters<typeof sql.unsafe>) => {
              count += 1;
              return sql.unsafe(...args);
            }
          : Reflect.get(target, key),
    });
    await asking(headers, { ...auth, db: drizzle(counted, { schema }) });
    return count;
  };
  expect(await statements({ cookie: `${name}=${session}` })).toBe(1);
  expect(await statements({ authorization: `Bearer ${bearer.secret}` })).toBe(1);
  expect(await statements({ authorization: `Bearer ${token}` })).toBe(1);
  expect(await statements({ authorization: `Bearer ${token}x` })).toBe(0);
  expect(await statements({})).toBe(0);
});

test('a deleted user is no actor', async () => {
  const gone = await signIn('44');
  const cookie = `${name}=${gone.secret}`;
  expect(await asking({ cookie })).toMatchObject({ userId: gone.userId });
  await auth.db.delete(users).where(eq(users.id, gone.userId));
  expect(await asking({ cookie })).toBeNull();
});
