import { HDNodeWallet } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSignInLink, createSignInMessage, getUser } from '#services/account/index.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import type { AuthContext } from './context.ts';
import { type AuthReport, createAuthOptions } from './options.ts';
import { signInErrors, signInErrorText } from './sign-in-errors.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let auth: AuthContext;
const reports: AuthReport[] = [];
const options = (changes: Partial<AuthContext> = {}) =>
  createAuthOptions({ ...auth, ...changes }, (event) => reports.push(event));

beforeAll(async () => {
  database = await testDatabase();
  auth = {
    db: database.db,
    now: () => new Date(),
    secret: 'a secret for tests alone',
    url: 'http://127.0.0.1:3000',
    github: null,
  };
});
afterAll(() => database.close());

/** Posts fields to a sign-in provider, as next-auth does. */
const post = (id: string, given: Record<string, string>, changes: Partial<AuthContext> = {}) => {
  const provider = options(changes).providers.find((one) => one.id === id);
  if (provider?.type !== 'credentials') throw new Error(`no provider ${id}`);
  return provider.authorize(given, { query: {}, body: given, headers: {}, method: 'POST' });
};

test('a one-time link signs in once, and then says what to do', async () => {
  const { token } = await createSignInLink(auth);
  expect(await post('link', { token })).toEqual({ id: expect.any(String) });
  await expect(post('link', { token })).rejects.toThrow(signInErrors.link);
});

test('a wallet signs in with the message that was made for it', async () => {
  const wallet = HDNodeWallet.createRandom();
  const { message } = await createSignInMessage(auth, { address: wallet.address, chainId: 1 });
  const user = await post('wallet', { message, signature: await wallet.signMessage(message) });
  expect(await getUser(auth, user?.id ?? '')).toMatchObject({
    identities: [{ provider: 'wallet', subject: wallet.address.toLowerCase() }],
  });
});

test('an incomplete sign-in is refused with a readable message', async () => {
  await expect(post('link', {})).rejects.toThrow(signInErrors.incomplete);
  await expect(post('wallet', { message: 'x' })).rejects.toThrow(signInErrors.incomplete);
});

test('a fault shows neither its message nor what was posted, on the page or in the log', async () => {
  const now = () => {
    throw new RangeError('postgres://user:password@host refused');
  };
  reports.length = 0;
  await expect(post('link', { token: 'the-token' }, { now })).rejects.toThrow(signInErrors.unexpected);
  expect(reports).toEqual([{ level: 'error', code: 'SIGN_IN_FAILED', error: 'RangeError' }]);
});

test('next-auth’s own log lines lose everything that could be a secret', () => {
  reports.length = 0;
  const { logger } = options();
  logger?.error?.('OAUTH_CALLBACK_ERROR', { error: new TypeError('code=secret'), providerId: 'github' });
  logger?.error?.('JWT_SESSION_ERROR', new Error('eyJ-secret'));
  logger?.warn?.('NEXTAUTH_URL');
  logger?.debug?.('CHUNKING_SESSION_COOKIE', { value: 'secret' });
  expect(reports).toEqual([
    { level: 'error', code: 'OAUTH_CALLBACK_ERROR', error: 'TypeError' },
    { level: 'error', code: 'JWT_SESSION_ERROR', error: 'Error' },
    { level: 'warn', code: 'NEXTAUTH_URL' },
  ]);
});

test('GitHub is offered if it is configured, and its users are known by number', async () => {
  expect(options().providers.map(({ id }) => id)).toEqual(['link', 'wallet']);
  const configured = options({ github: { clientId: 'id', clientSecret: 'secret' } });
  expect(configured.providers.map(({ id }) => id)).toEqual(['link', 'wallet', 'github']);
  const signIn = async (name: string) =>
    configured.callbacks?.jwt?.({
      token: { name, email: 'a@example.com' },
      user: { id: '583231', name },
      account: { provider: 'github', type: 'oauth', providerAccountId: '583231', access_token: 'gho_secret' },
    });
  const first = await signIn('octocat');
  expect(first).toEqual({ sub: expect.any(String) });
  expect(await signIn('renamed')).toEqual(first);
  expect(await getUser(auth, first?.sub ?? '')).toMatchObject({
    name: 'octocat',
    identities: [{ provider: 'github', subject: '583231' }],
  });
});

test('cookies are hidden from scripts, same-site, and secure under https', () => {
  for (const cookie of Object.values(options().cookies ?? {}))
    expect(cookie.options).toMatchObject({ httpOnly: true, sameSite: 'lax', secure: false });
  for (const cookie of Object.values(options({ url: 'https://verify.example.com' }).cookies ?? {})) {
    expect(cookie.options).toMatchObject({ httpOnly: true, sameSite: 'lax', secure: true });
    expect(cookie.name).toMatch(/^__Secure-/);
  }
});

test('signing in never redirects to another site', async () => {
  const redirect = options().callbacks?.redirect;
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
