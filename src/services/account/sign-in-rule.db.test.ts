import { afterAll, beforeAll, expect, test } from 'vitest';
import { identityProviders } from '#contracts/account.ts';
import type { BudgetPolicy } from '#contracts/budget.ts';
import { userIdentities } from '#db/schema/users.ts';
import { openRig } from '#testing/rigs/engine-rig.ts';
import { accountOf } from '#testing/rigs/open-to-all.ts';
import { createApiToken } from './create-token.ts';
import { openSession } from './open-session.ts';
import { resolveSecret } from './resolve-secret.ts';
import { admitAccount } from './sign-in-rule.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const wallet = `0x${'ab'.repeat(20)}`;
const subjects = { local: 'owner', wallet, github: '583231@github.example.com' } as const;

test.each(identityProviders)(
  'what signed a %s account in is refused once the account is not listed, and good again once it is',
  async (provider) => {
    const { db } = rig;
    const account = await accountOf({ db }, { provider, subject: subjects[provider] });
    const secrets = {
      cookie: (await openSession(rig.context, account, 'cookie')).secret,
      bearer: (await openSession(rig.context, account, 'bearer')).secret,
      token: (await createApiToken(rig.context, { userId: account.userId, name: 'test' })).token,
    };
    const outcomes = async (...allow: string[]) => {
      const found = await Promise.all(
        Object.entries(secrets).map(([kind, secret]) =>
          resolveSecret({ db, signInRule: { allow } }, secret, kind === 'cookie' ? 'cookie' : 'bearer'),
        ),
      );
      return found.map((caller) => (caller !== null && 'unlisted' in caller ? 'unlisted' : caller?.userId));
    };
    const good = Array(3).fill(account.userId);
    const other = provider === 'wallet' ? 'github:583231@github.example.com' : `wallet:${wallet}`;
    // The owner always may.
    const refused = provider === 'local' ? good : Array(3).fill('unlisted');
    expect(await outcomes()).toEqual(good);
    expect(await outcomes(other)).toEqual(refused);
    expect(await outcomes('github:583231')).toEqual(refused);
    expect(await outcomes(other, `${provider}:${subjects[provider].toUpperCase()}`)).toEqual(good);
  },
);

test('a token is its user’s, a session is the account’s that signed in', async () => {
  const { db } = rig;
  const first = await accountOf({ db }, { provider: 'github', subject: '1' });
  const [second] = await db
    .insert(userIdentities)
    .values({ userId: first.userId, provider: 'github', subject: '2' })
    .returning({ userId: userIdentities.userId, identityId: userIdentities.id });
  if (second === undefined) throw new Error('No identity was inserted.');
  const { token } = await createApiToken(rig.context, { userId: first.userId, name: 'test' });
  const signInRule = { allow: ['github:2'] };
  const resolve = (secret: string) => resolveSecret({ db, signInRule }, secret, 'bearer');
  expect(await resolve(token)).toMatchObject({ userId: first.userId });
  expect(await resolve((await openSession(rig.context, second, 'bearer')).secret)).toMatchObject({
    userId: first.userId,
  });
  expect(await resolve((await openSession(rig.context, first, 'bearer')).secret)).toEqual({ unlisted: true });
});

test('one site makes a small part of the new accounts, from however many addresses', async () => {
  const spent = new Map<string, number>();
  const budgets = {
    spend: async (policy: BudgetPolicy, party: string) => {
      const id = `${policy.name} ${party}`;
      spent.set(id, (spent.get(id) ?? 0) + 1);
      return (spent.get(id) ?? 0) > policy.points ? { policy, retryAfterSeconds: 1 } : null;
    },
    close: () => {},
  };
  const admitted = async (addresses: string[]) => {
    const overs = await Promise.all(addresses.map((address) => admitAccount({ budgets }, address)));
    return overs.filter((over) => over === null).length;
  };
  const site = (at: number) => `2001:db8:1:${at}::/64`;
  expect(await admitted(Array.from({ length: 5_000 }, (_, at) => site(at % 200)))).toBe(400);
  expect(await admitted(Array.from({ length: 5_000 }, (_, at) => `203.0.113.${at % 200}`))).toBe(400);
  expect(await admitted(Array.from({ length: 300 }, () => '2001:db8:2:1::/64'))).toBe(200);
  expect(await admitAccount({ budgets }, null)).toBeNull();
  expect(await admitAccount({ budgets }, '198.51.100.7')).toBeNull();
  // Thirteen sites use up what all may make together. Each other site has a reserve.
  for (let site = 0; site < 13; site += 1)
    await admitted(Array.from({ length: 400 }, (_, at) => `198.18.${site}.${at % 200}`));
  expect(await admitted(Array.from({ length: 100 }, (_, at) => `192.0.2.${at}`))).toBe(20);
  expect(await admitted(['192.0.3.7'])).toBe(1);
});
