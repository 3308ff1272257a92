import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { HDNodeWallet } from 'ethers';
import type { NextApiRequest, NextApiResponse } from 'next';
import NextAuth, { type EventCallbacks } from 'next-auth';
import type { OAuthConfig } from 'next-auth/providers/oauth';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { overBudgetText } from '#contracts/budget.ts';
import { userIdentities } from '#db/schema/users.ts';
import { createSignInLink, createSignInMessage, getUser, resolveSecret } from '#services/account/index.ts';
import { openRig } from '#testing/rigs/engine-rig.ts';
import { authOf } from '#testing/rigs/open-to-all.ts';
import type { AuthContext } from './context.ts';
import { sessionCookieName } from './cookies.ts';
import { type AuthReport, createAuthOptions, signOutFailed } from './options.ts';
import { resolveActor, sessionCookieOf } from './resolve-actor.ts';
import { signInErrors, signInErrorText } from './sign-in-errors.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
let auth: AuthContext;
const reports: AuthReport[] = [];
const options = (changes: Partial<AuthContext> = {}, earlier: string | null = null) =>
  createAuthOptions({ ...auth, ...changes }, (event) => reports.push(event), earlier, null);

beforeAll(async () => {
  rig = await openRig();
  auth = authOf(rig.context);
});
afterAll(() => rig.close());

/** Whom a session's secret signs in. */
const userOf = async (secret = '') => {
  const caller = await resolveSecret(auth, secret, 'cookie');
  return caller !== null && 'userId' in caller ? caller.userId : '';
};

/** Posts fields to a sign-in provider, as next-auth does. */
const post = (id: string, given: Record<string, string>, changes: Partial<AuthContext> = {}) => {
  const provider = options(changes).providers.find((one) => one.id === id);
  if (provider?.type !== 'credentials') throw new Error(`no provider ${id}`);
  return provider.authorize(given, { query: {}, body: given, headers: {}, method: 'POST' });
};

test('a one-time link signs in once, and then says what to do', async () => {
  const { token } = await createSignInLink(auth);
  const user = await post('link', { token });
  expect(await getUser(auth, await userOf(user?.id))).toMatchObject({ identities: [{ provider: 'local' }] });
  await expect(post('link', { token })).rejects.toThrow(signInErrors.link);
});

test('a wallet signs in with the message that was made for it', async () => {
  const wallet = HDNodeWallet.createRandom();
  const { message } = await createSignInMessage(auth, { address: wallet.address, chainId: 1 });
  const user = await post('wallet', { message, signature: await wallet.signMessage(message) });
  expect(await getUser(auth, await userOf(user?.id))).toMatchObject({
    identities: [{ provider: 'wallet', subject: wallet.address.toLowerCase() }],
  });
});

test('an incomplete sign-in is refused with a readable message', async () => {
  await expect(post('link', {})).rejects.toThrow(signInErrors.incomplete);
  await expect(post('wallet', { message: 'x' })).rejects.toThrow(signInErrors.incomplete);
});

test('a fault shows neither its message nor what was posted, on the page or in the log', async () => {
  const db = new Proxy(auth.db, {
    get: () => {
      throw new RangeError('postgres://user:password@host refused');
    },
  });
  const { token } = await createSignInLink(auth);
  reports.length = 0;
  await expect(post('link', { token }, { db })).rejects.toThrow(signInErrors.unexpected);
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

const githubApp = (serverUrl: string, apiUrl: string) => ({
  clientId: 'id',
  clientSecret: 'secret',
  serverUrl,
  apiUrl,
  fetch,
});

test('signing in asks the GitHub of GITHUB_SERVER_URL, and only for the state that it sent', async () => {
  const requests: { url: string; authorization: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    requests.push({ url: request.url ?? '', authorization: request.headers.authorization, body });
    const answer =
      request.url === '/login/oauth/access_token'
        ? { access_token: 'gho_planted', token_type: 'bearer', scope: '' }
        : { id: 583231, login: 'octocat' };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve(undefined))));
  const { port } = server.address() as AddressInfo;
  const serverUrl = `http://127.0.0.1:${port}`;
  const provider = options({ github: githubApp(serverUrl, `${serverUrl}/api/v3`) }).providers.find(
    ({ id }) => id === 'github',
  ) as OAuthConfig<unknown>;
  const { authorization, token, userinfo } = provider;
  expect(authorization).toMatchObject({ url: `${serverUrl}/login/oauth/authorize`, params: { scope: '' } });
  if (typeof token !== 'object' || typeof userinfo !== 'object') expect.unreachable();
  const ask = (state: string) =>
    token.request?.({
      params: { code: 'planted-code', state },
      checks: { state: 'sent', code_verifier: 'verifier' },
      provider: { ...provider, signinUrl: '', callbackUrl: 'http://127.0.0.1:3000/callback' },
      client: null as never,
    });
  await expect(ask('other')).rejects.toThrow(/state/);
  expect(requests).toEqual([]);
  const tokens = (await ask('sent'))?.tokens ?? {};
  const asked = { tokens, client: null as never, provider: provider as never };
  expect(await userinfo.request?.(asked)).toMatchObject({ id: 583231, login: 'octocat' });
  expect(requests.map(({ url }) => url)).toEqual(['/login/oauth/access_token', '/api/v3/user']);
  expect(Object.fromEntries(new URLSearchParams(requests[0]?.body))).toEqual({
    client_id: 'id',
    client_secret: 'secret',
    code: 'planted-code',
    redirect_uri: 'http://127.0.0.1:3000/callback',
    code_verifier: 'verifier',
  });
  expect(requests[1]?.authorization).toBe('Bearer gho_planted');
});

const gitHub = githubApp('https://github.com', 'https://api.github.com');

/** What next-auth does when GitHub sent somebody back: the new cookie's contents, or where the browser is sent. */
const comeBack = async (
  providerAccountId: string,
  changes: Partial<AuthContext>,
  name = 'octocat',
): Promise<{ sub?: string } | string | boolean | undefined> => {
  const { callbacks } = options(changes);
  const account = {
    provider: 'github',
    type: 'oauth',
    providerAccountId,
    access_token: 'gho_secret',
  } as const;
  const user = { id: providerAccountId, name };
  const allowed = await callbacks?.signIn?.({ user, account });
  return allowed === true
    ? callbacks?.jwt?.({ token: { name, email: 'a@example.com' }, user, account })
    : allowed;
};
const userBackFrom = (outcome: Awaited<ReturnType<typeof comeBack>>) =>
  userOf(typeof outcome === 'object' ? outcome.sub : undefined);

test('the same number is another person on another GitHub server, and is listed with that server', async () => {
  const elsewhere = githubApp('https://GitHub.Example.com:8443', 'https://github.example.com:8443/api/v3');
  const here = await comeBack('4711', { github: gitHub });
  const there = await comeBack('4711', { github: elsewhere });
  expect(await userBackFrom(there)).not.toBe(await userBackFrom(here));
  expect(await getUser(auth, await userBackFrom(there))).toMatchObject({
    identities: [{ provider: 'github', subject: '4711@github.example.com:8443' }],
  });
  const at = (github: AuthContext['github'], ...allow: string[]) =>
    comeBack('4711', { ...listedOnly(allow), github });
  expect(await at(elsewhere, 'github:4711')).toBe('/sign-in?error=NotListed');
  expect(await at(elsewhere, 'github:4711@GitHub.example.com:8443')).toHaveProperty('sub');
  expect(await at(gitHub, 'github:4711@github.example.com:8443')).toBe('/sign-in?error=NotListed');
});

test('who comes back from GitHub reads why no account was made, and when to try again', async () => {
  const over = {
    policy: { name: 'new-accounts', points: 1, windowSeconds: 86_400, block: 1 },
    retryAfterSeconds: 7_300,
  };
  const signInRule = { allow: [], admitAccount: async () => over };
  await comeBack('5001', { github: gitHub });
  expect(await comeBack('5001', { github: gitHub, signInRule })).toHaveProperty('sub');
  const path = await comeBack('5002', { github: gitHub, signInRule });
  expect(path).toBe('/sign-in?error=OverBudget&seconds=7300');
  expect(signInErrorText('OverBudget', '7300')).toMatch(/^Too many new accounts.*Try again in 3 hours\./);
  expect(signInErrorText('OverBudget', '1')).toContain('in 1 second.');
  expect(signInErrorText('OverBudget', '61')).toContain('in 61 seconds.');
  expect(signInErrorText('OverBudget', '600')).toContain('in 10 minutes.');
  // Anyone can write such a link.
  for (const seconds of ['', '-1', '1e9', 'now, at evil.example', '1234567'])
    expect(signInErrorText('OverBudget', seconds)).toContain('Try again later.');
});

test('a fault on the way back from GitHub is our own, is reported, and repeats none of its words', async () => {
  const db = new Proxy(auth.db, {
    get: () => {
      throw new RangeError('postgres://user:password@host refused');
    },
  });
  reports.length = 0;
  const path = await comeBack('5003', { github: gitHub, db });
  expect(path).toBe('/sign-in?error=Unexpected');
  expect(signInErrorText('Unexpected')).toBe(signInErrors.unexpected);
  expect(reports).toEqual([{ level: 'error', code: 'SIGN_IN_FAILED', error: 'RangeError' }]);
});

test('GitHub is offered if it is configured, and its users are known by number', async () => {
  expect(options().providers.map(({ id }) => id)).toEqual(['link', 'wallet']);
  const configured = options({ github: gitHub });
  expect(configured.providers.map(({ id }) => id)).toEqual(['link', 'wallet', 'github']);
  const first = await comeBack('583231', { github: gitHub }, 'octocat');
  expect(first).toEqual({ sub: expect.any(String) });
  const again = await comeBack('583231', { github: gitHub }, 'renamed');
  expect(again).not.toEqual(first);
  expect(await userBackFrom(again)).toBe(await userBackFrom(first));
  expect(await getUser(auth, await userBackFrom(first))).toMatchObject({
    name: 'octocat',
    identities: [{ provider: 'github', subject: '583231' }],
  });
});

test('cookies are hidden from scripts, same-site, and under https bound to this host', () => {
  for (const cookie of Object.values(options().cookies ?? {})) {
    expect(cookie.options).toMatchObject({ httpOnly: true, sameSite: 'lax', secure: false });
    expect(cookie.name).not.toMatch(/^__/);
  }
  for (const cookie of Object.values(options({ url: 'https://verify.example.com' }).cookies ?? {})) {
    expect(cookie.options).toMatchObject({ httpOnly: true, sameSite: 'lax', secure: true });
    // What browsers demand of a cookie with this prefix.
    expect(cookie.name).toMatch(/^__Host-/);
    expect(cookie.options).toMatchObject({ path: '/' });
    expect(cookie.options).not.toHaveProperty('domain');
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

/** A browser that keeps its cookies, and next-auth behind it. */
const openBrowser = (on = auth) => {
  const jar = new Map<string, string>();
  const headers = () =>
    new Headers({
      host: '127.0.0.1:3000',
      cookie: Array.from(jar, ([name, value]) => `${name}=${value}`).join('; '),
    });
  /** Posts a form of next-auth's, or gets one of its addresses. */
  const ask = async (path: string, body?: Record<string, string>) => {
    let text = '';
    const set: string[] = [];
    const response = {
      status: () => response,
      setHeader: (name: string, value: string | string[]) => {
        if (name.toLowerCase() === 'set-cookie') set.splice(0, set.length, ...[value].flat());
        return response;
      },
      getHeader: (name: string) => (name.toLowerCase() === 'set-cookie' ? set : undefined),
      json: (answer: unknown) => {
        text = JSON.stringify(answer);
      },
      send: (answer: unknown) => {
        text = JSON.stringify(answer);
      },
      end: () => {},
    };
    const request = {
      method: body === undefined ? 'GET' : 'POST',
      query: { nextauth: path.split('/') },
      body: body && { ...body, json: 'true' },
      cookies: Object.fromEntries(jar),
      headers: Object.fromEntries(headers()),
    };
    await NextAuth(
      request as unknown as NextApiRequest,
      response as unknown as NextApiResponse,
      createAuthOptions(on, (event) => reports.push(event), sessionCookieOf(on, headers()), null),
    );
    for (const line of set) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, decodeURIComponent(value));
    }
    return { answer: JSON.parse(text) as Record<string, string>, set };
  };
  const csrfToken = async () => (await ask('csrf')).answer.csrfToken ?? '';
  return {
    signIn: async () => {
      const { token } = await createSignInLink(on);
      return ask('callback/link', { token, csrfToken: await csrfToken() });
    },
    signOut: async (token?: string) => ask('signout', { csrfToken: token ?? (await csrfToken()) }),
    cookie: () => jar.get(sessionCookieName(on.url)),
    headers,
  };
};

test('after signing out, the old cookie signs nobody in', async () => {
  const browser = openBrowser();
  const { set } = await browser.signIn();
  expect(set.find((line) => line.startsWith(sessionCookieName(auth.url)))).toMatch(
    /; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
  );
  const old = browser.headers();
  expect(await resolveActor(auth, old)).not.toBeNull();
  await browser.signOut();
  expect(browser.cookie()).toBeUndefined();
  expect(await resolveActor(auth, old)).toBeNull();
});

test('signing out of one browser leaves the other signed in', async () => {
  const [here, there] = [openBrowser(), openBrowser()];
  await here.signIn();
  await there.signIn();
  await here.signOut();
  expect(await resolveActor(auth, there.headers())).not.toBeNull();
});

test('each sign-in makes a new session, and ends the one that the browser had', async () => {
  const browser = openBrowser();
  await browser.signIn();
  const [first, old] = [browser.cookie(), browser.headers()];
  await browser.signIn();
  expect(browser.cookie()).not.toBe(first);
  expect(await resolveActor(auth, old)).toBeNull();
  expect(await resolveActor(auth, browser.headers())).not.toBeNull();
});

test('a cookie that somebody planted is never taken for the new session', async () => {
  const planted = openBrowser();
  await planted.signIn();
  const secret = planted.cookie() ?? '';
  await planted.signOut();
  const victim = openBrowser();
  await victim.signIn();
  expect(victim.cookie()).not.toBe(secret);
  expect(await userOf(secret)).toBe('');
});

test('signing out without the page’s own CSRF token ends nothing', async () => {
  const browser = openBrowser();
  await browser.signIn();
  await browser.signOut('forged');
  expect(await resolveActor(auth, browser.headers())).not.toBeNull();
});

test('a session that could not be ended is reported, so that the browser keeps its cookie', async () => {
  const browser = openBrowser();
  await browser.signIn();
  const db = new Proxy(auth.db, {
    get: () => {
      throw new RangeError('The database is away.');
    },
  });
  reports.length = 0;
  await options({ db }, browser.cookie() ?? null).events?.signOut?.({
    token: {},
  } as Parameters<NonNullable<EventCallbacks['signOut']>>[0]);
  expect(reports).toEqual([{ level: 'error', code: signOutFailed, error: 'RangeError' }]);
  expect(await resolveActor(auth, browser.headers())).not.toBeNull();
});

const listedOnly = (allow: string[]) => ({
  signInRule: { allow, admitAccount: async () => null },
});

test('SIGN_IN_ALLOW lets listed wallets and GitHub accounts in, and the owner always', async () => {
  const signIn = async (
    wallet: { address: string; signMessage(text: string): Promise<string> },
    allow: string[],
  ) => {
    const { message } = await createSignInMessage(auth, { address: wallet.address, chainId: 1 });
    return post('wallet', { message, signature: await wallet.signMessage(message) }, listedOnly(allow));
  };
  const [listed, other] = [HDNodeWallet.createRandom(), HDNodeWallet.createRandom()];
  const allow = [`wallet:${listed.address}`, 'github:583231'];
  expect(await signIn(listed, allow)).toHaveProperty('id');
  expect(await signIn(listed, [`wallet:${listed.address.toLowerCase()}`])).toHaveProperty('id');
  await expect(signIn(other, allow)).rejects.toThrow('SIGN_IN_ALLOW');
  await expect(signIn(listed, ['local:owner'])).rejects.toThrow('SIGN_IN_ALLOW');

  const byGitHub = (id: string, ...rule: string[]) => comeBack(id, { ...listedOnly(rule), github: gitHub });
  expect(await byGitHub('583231', ...allow)).toHaveProperty('sub');
  expect(await byGitHub('583231')).toHaveProperty('sub');
  for (const id of ['583232', '58323', '5832311'])
    expect(await byGitHub(id, ...allow)).toBe('/sign-in?error=NotListed');
  expect(signInErrorText('NotListed')).toContain('only listed accounts');

  const { token } = await createSignInLink(auth);
  expect(await post('link', { token }, listedOnly(allow))).toHaveProperty('id');
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
  const signIn = async (wallet: { address: string; signMessage(text: string): Promise<string> }) => {
    const { message } = await createSignInMessage(auth, { address: wallet.address, chainId: 1 });
    const provider = createAuthOptions({ ...auth, signInRule }, () => {}, null, '203.0.113.7').providers.find(
      ({ id }) => id === 'wallet',
    );
    if (provider?.type !== 'credentials') throw new Error('no wallet provider');
    const given = { message, signature: await wallet.signMessage(message) };
    return provider.authorize(given, { query: {}, body: given, headers: {}, method: 'POST' });
  };
  const wallet = HDNodeWallet.createRandom();
  await signIn(wallet);
  await signIn(wallet);
  expect(counted).toEqual(['203.0.113.7']);
  full = true;
  expect(await signIn(wallet)).toHaveProperty('id');
  const users = () => auth.db.$count(userIdentities);
  const before = await users();
  await expect(signIn(HDNodeWallet.createRandom())).rejects.toThrow(overBudgetText(over));
  expect(await users()).toBe(before);
});
