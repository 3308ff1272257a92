import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { OAuthConfig } from 'next-auth/providers/oauth';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { getUser } from '#services/account/index.ts';
import {
  failingDatabase,
  gitHub,
  githubApp,
  listedOnly,
  openSignInRig,
  type SignInRig,
} from '#testing/rigs/sign-in-rig.ts';
import type { GitHubSignIn } from './context.ts';
import { signInErrors, signInErrorText } from './sign-in-errors.ts';

let at: SignInRig;
beforeAll(async () => {
  at = await openSignInRig();
});
afterAll(() => at.close());

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
  const provider = at
    .options({ github: githubApp(serverUrl, `${serverUrl}/api/v3`) })
    .providers.find(({ id }) => id === 'github') as OAuthConfig<unknown>;
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

test('the same number is another person on another GitHub server, and is listed with that server', async () => {
  const elsewhere = githubApp('https://GitHub.Example.com:8443', 'https://github.example.com:8443/api/v3');
  const here = await at.comeBack('4711', { github: gitHub });
  const there = await at.comeBack('4711', { github: elsewhere });
  expect(await at.userBackFrom(there)).not.toBe(await at.userBackFrom(here));
  expect(await getUser(at.auth, await at.userBackFrom(there))).toMatchObject({
    identities: [{ provider: 'github', subject: '4711@github.example.com:8443' }],
  });
  const outcomeAt = (github: GitHubSignIn, ...allow: string[]) =>
    at.comeBack('4711', { ...listedOnly(allow), github });
  expect(await outcomeAt(elsewhere, 'github:4711')).toBe('/sign-in?error=NotListed');
  expect(await outcomeAt(elsewhere, 'github:4711@GitHub.example.com:8443')).toHaveProperty('sub');
  expect(await outcomeAt(gitHub, 'github:4711@github.example.com:8443')).toBe('/sign-in?error=NotListed');
});

test('who comes back from GitHub reads why no account was made, and when to try again', async () => {
  const over = {
    policy: { name: 'new-accounts', points: 1, windowSeconds: 86_400, block: 1 },
    retryAfterSeconds: 7_300,
  };
  const signInRule = { allow: [], admitAccount: async () => over };
  await at.comeBack('5001', { github: gitHub });
  expect(await at.comeBack('5001', { github: gitHub, signInRule })).toHaveProperty('sub');
  const path = await at.comeBack('5002', { github: gitHub, signInRule });
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
  const db = failingDatabase(at.auth, 'postgres://user:password@host refused');
  at.reports.length = 0;
  const path = await at.comeBack('5003', { github: gitHub, db });
  expect(path).toBe('/sign-in?error=Unexpected');
  expect(signInErrorText('Unexpected')).toBe(signInErrors.unexpected);
  expect(at.reports).toEqual([{ level: 'error', code: 'SIGN_IN_FAILED', error: 'RangeError' }]);
});

test('GitHub is offered if it is configured, and its users are known by number', async () => {
  expect(at.options().providers.map(({ id }) => id)).toEqual(['link', 'wallet']);
  const configured = at.options({ github: gitHub });
  expect(configured.providers.map(({ id }) => id)).toEqual(['link', 'wallet', 'github']);
  const first = await at.comeBack('583231', { github: gitHub }, 'octocat');
  expect(first).toEqual({ sub: expect.any(String) });
  const again = await at.comeBack('583231', { github: gitHub }, 'renamed');
  expect(again).not.toEqual(first);
  expect(await at.userBackFrom(again)).toBe(await at.userBackFrom(first));
  expect(await getUser(at.auth, await at.userBackFrom(first))).toMatchObject({
    name: 'octocat',
    identities: [{ provider: 'github', subject: '583231' }],
  });
});
