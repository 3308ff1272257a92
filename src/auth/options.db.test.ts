import { HDNodeWallet } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { overBudgetText } from '#contracts/budget.ts';
import { userIdentities } from '#db/schema/users.ts';
import { createSignInLink, getUser } from '#services/account/index.ts';
import {
  failingDatabase,
  gitHub,
  listedOnly,
  openSignInRig,
  type SignInRig,
} from '#testing/rigs/sign-in-rig.ts';
import { signInErrors, signInErrorText } from './sign-in-errors.ts';

let at: SignInRig;
beforeAll(async () => {
  at = await openSignInRig();
});
afterAll(() => at.close());

test('a one-time link signs in once, and then says what to do', async () => {
  const { token } = await createSignInLink(at.auth);
  const user = await at.post('link', { token });
  expect(await getUser(at.auth, await at.userOf(user?.id))).toMatchObject({
    identities: [{ provider: 'local' }],
  });
  await expect(at.post('link', { token })).rejects.toThrow(signInErrors.link);
});

test('a wallet signs in with the message that was made for it', async () => {
  const wallet = HDNodeWallet.createRandom();
  const user = await at.postWallet(wallet);
  expect(await getUser(at.auth, await at.userOf(user?.id))).toMatchObject({
    identities: [{ provider: 'wallet', subject: wallet.address.toLowerCase() }],
  });
});

test('an incomplete sign-in is refused with a readable message', async () => {
  await expect(at.post('link', {})).rejects.toThrow(signInErrors.incomplete);
  await expect(at.post('wallet', { message: 'x' })).rejects.toThrow(signInErrors.incomplete);
});

test('a fault shows neither its message nor what was posted, on the page or in the log', async () => {
  const db = failingDatabase(at.auth, 'postgres://user:password@host refused');
  const { token } = await createSignInLink(at.auth);
  at.reports.length = 0;
  await expect(at.post('link', { token }, { db })).rejects.toThrow(signInErrors.unexpected);
  expect(at.reports).toEqual([{ level: 'error', code: 'SIGN_IN_FAILED', error: 'RangeError' }]);
});

test('next-auth’s own log lines lose everything that could be a secret', () => {
  at.reports.length = 0;
  const { logger } = at.options();
  logger?.error?.('OAUTH_CALLBACK_ERROR', { error: new TypeError('code=secret'), providerId: 'github' });
  logger?.error?.('JWT_SESSION_ERROR', new Error('eyJ-secret'));
  logger?.warn?.('NEXTAUTH_URL');
  logger?.debug?.('CHUNKING_SESSION_COOKIE', { value: 'secret' });
  expect(at.reports).toEqual([
    { level: 'error', code: 'OAUTH_CALLBACK_ERROR', error: 'TypeError' },
    { level: 'error', code: 'JWT_SESSION_ERROR', error: 'Error' },
    { level: 'warn', code: 'NEXTAUTH_URL' },
  ]);
});

test('signing in never redirects to another site', async () => {
  const redirect = at.options().callbacks?.redirect;
  const lead = (url: string) => redirect?.({ url, baseUrl: 'http://localhost:3000' });
  expect(await lead('/runs?x=1')).toBe('http://127.0.0.1:3000/runs?x=1');
  expect(await lead('http://127.0.0.1:3000/runs')).toBe('http://127.0.0.1:3000/runs');
  for (const url of [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'http://127.0.0.1:3001/',
    'javascript:alert(1)',
  ])
    expect(await lead(url)).toBe('http://127.0.0.1:3000');
});

test('a known error code in a redirect shows our own message, and an unknown one shows none of its text', () => {
  expect(signInErrorText('OAuthCallback')).toContain('GitHub did not confirm');
  expect(signInErrorText('Send your keys to evil.example')).toBe(signInErrors.unexpected);
  expect(signInErrorText('toString')).toBe(signInErrors.unexpected);
});

test('SIGN_IN_ALLOW lets listed wallets and GitHub accounts in, and the owner always', async () => {
  const signIn = (wallet: HDNodeWallet, allow: string[]) => at.postWallet(wallet, listedOnly(allow));
  const [listed, other] = [HDNodeWallet.createRandom(), HDNodeWallet.createRandom()];
  const allow = [`wallet:${listed.address}`, 'github:583231'];
  expect(await signIn(listed, allow)).toHaveProperty('id');
  expect(await signIn(listed, [`wallet:${listed.address.toLowerCase()}`])).toHaveProperty('id');
  await expect(signIn(other, allow)).rejects.toThrow('SIGN_IN_ALLOW');
  await expect(signIn(listed, ['local:owner'])).rejects.toThrow('SIGN_IN_ALLOW');

  const byGitHub = (id: string, ...rule: string[]) =>
    at.comeBack(id, { ...listedOnly(rule), github: gitHub });
  expect(await byGitHub('583231', ...allow)).toHaveProperty('sub');
  expect(await byGitHub('583231')).toHaveProperty('sub');
  for (const id of ['583232', '58323', '5832311'])
    expect(await byGitHub(id, ...allow)).toBe('/sign-in?error=NotListed');
  expect(signInErrorText('NotListed')).toContain('only listed accounts');

  const { token } = await createSignInLink(at.auth);
  expect(await at.post('link', { token }, listedOnly(allow))).toHaveProperty('id');
});

test('only a new account counts against its address, and a refused one is not made', async () => {
  const counted: (string | null)[] = [];
  let full = false;
  const over = {
    policy: { name: 'new-accounts', points: 1, windowSeconds: 60, block: 1 },
    retryAfterSeconds: 9,
  };
  const signInRule = {
    allow: [],
    admitAccount: async (address: string | null) => {
      if (full) return over;
      counted.push(address);
      return null;
    },
  };
  const signIn = (wallet: HDNodeWallet) => at.postWallet(wallet, { signInRule }, '203.0.113.7');
  const wallet = HDNodeWallet.createRandom();
  await signIn(wallet);
  await signIn(wallet);
  expect(counted).toEqual(['203.0.113.7']);
  full = true;
  expect(await signIn(wallet)).toHaveProperty('id');
  const users = () => at.auth.db.$count(userIdentities);
  const before = await users();
  await expect(signIn(HDNodeWallet.createRandom())).rejects.toThrow(overBudgetText(over));
  expect(await users()).toBe(before);
});
