import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { gitAuthorities } from '#platform/git/authorities.ts';
import { repositoryFolders } from '#platform/git/repository-folders.ts';
import { gitRunner } from '#platform/git/run-git.ts';
import { serveGitRepository } from '#testing/builders/git-repository.ts';
import { createPullsInGit } from '#testing/builders/pulls-in-git.ts';
import { fakeRepository } from '#testing/fakes/github/repository.ts';
import { type ProxyFake, startProxyFake } from '#testing/fakes/proxy/proxy-fake.ts';
import { drawRequest, githubRig } from '#testing/rigs/github-rig.ts';
import { createAnthropicClient } from '#verification/judges/providers/anthropic/client.ts';
import { gitProxy, isDirect, noProxies, type ProxySettings, proxiedFetch, proxyFor } from './proxies.ts';

const portOf = (url: string) => Number(new URL(url).port);
const settings = (proxy: string, more: Partial<ProxySettings> = {}): ProxySettings => ({
  https: proxy,
  http: proxy,
  oracle: null,
  direct: '',
  ...more,
});
const proxyFake = async (...given: Parameters<typeof startProxyFake>): Promise<ProxyFake> => {
  const fake = await startProxyFake(...given);
  onTestFinished(() => fake.close());
  return fake;
};
const opened = (given: ProxySettings) => {
  const proxied = proxiedFetch(given);
  onTestFinished(() => proxied.close());
  return proxied.fetch;
};

test.each([
  ['https://api.github.com', 'api.github.com', true],
  ['https://api.github.com', 'github.com', true],
  ['https://api.github.com', '.github.com', true],
  ['https://api.github.com', '*.github.com', true],
  ['https://api.github.com', 'GITHUB.com, other.example', true],
  ['https://api.github.com', 'hub.com', false],
  ['https://api.github.com', 'api.github.com:443', true],
  ['https://api.github.com', 'api.github.com:8443', false],
  ['http://api.github.com', 'api.github.com:80', true],
  ['https://api.github.com', '*', true],
  ['https://api.github.com', '', false],
  ['https://api.github.com', ' , ', false],
  ['http://127.0.0.1:3000', '127.0.0.1', true],
  ['http://127.0.0.1:3000', 'localhost,127.0.0.1:3000', true],
  ['http://[::1]:3000', '::1', true],
  ['http://[::1]:3000', '[::1]:3000', true],
])('%s with NO_PROXY=%s is reached directly: %s', (url, direct, expected) => {
  expect(isDirect(new URL(url), direct)).toBe(expected);
});

test('https addresses use HTTPS_PROXY, else HTTP_PROXY; http addresses only HTTP_PROXY', () => {
  const both = { ...noProxies, https: 'http://s:1', http: 'http://p:1' };
  const secure = new URL('https://x.example');
  const plain = new URL('http://x.example');
  expect([proxyFor(secure, both), proxyFor(plain, both)]).toEqual(['http://s:1', 'http://p:1']);
  expect(proxyFor(secure, { ...both, https: null })).toBe('http://p:1');
  expect(proxyFor(plain, { ...both, http: null })).toBeNull();
});

test('GitHub’s API and its git are reached through the proxy alone, which resolves their names', async () => {
  const { fake, source } = await githubRig();
  const made = createPullsInGit();
  onTestFinished(() => made.repository.remove());
  for (let at = 0; at < 25; at += 1) made.add('squash');
  fake.repositories.push(fakeRepository({ pulls: made.pulls }));
  const server = await serveGitRepository(made.repository.path, { name: 'octo/widgets' });
  onTestFinished(() => server.close());
  const proxy = await proxyFake(
    { 'api.github.test:80': portOf(fake.url), 'github.test:80': portOf(server.url) },
    { credentials: 'user:p@ss' },
  );
  const withUser = proxy.url.replace('http://', 'http://user:p%40ss@');
  const root = mkdtempSync(join(tmpdir(), 'echelon-proxy-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const said: string[] = [];
  const drawThrough = (given: ProxySettings) =>
    source({
      fetch: opened(given),
      apiUrl: 'http://api.github.test',
      objects: {
        runGit: gitRunner({ searchPath: process.env.PATH ?? '' }),
        serverUrl: 'http://github.test',
        openFolder: repositoryFolders(root, () => new Date()),
        connect: async (url) => gitProxy(url, given),
      },
    }).draw({ ...drawRequest, limit: 25, onProgress: (message) => said.push(message) });
  const draw = await drawThrough(settings(withUser));
  expect(draw.drawn).toHaveLength(25);
  expect(said).not.toContainEqual(expect.stringMatching(/could not be fetched with git/));
  expect(new Set(proxy.asked)).toEqual(new Set(['api.github.test:80', 'github.test:80']));
  // No diff came from the API.
  expect(fake.requests.filter(({ path }) => /\/pulls\/\d/.test(path))).toEqual([]);
  proxy.asked.length = 0;
  // Their names exist behind the proxy only.
  await expect(drawThrough(settings(withUser, { direct: '.github.test' }))).rejects.toMatchObject({
    code: 'unreachable',
  });
  expect(proxy.asked).toEqual([]);
});

test('an address that NO_PROXY lists is reached directly', async () => {
  const { fake, source } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 3 }));
  const proxy = await proxyFake({});
  const draw = await source({ fetch: opened(settings(proxy.url, { direct: '127.0.0.1' })) }).draw(
    drawRequest,
  );
  expect(draw.drawn).toHaveLength(3);
  expect(proxy.asked).toEqual([]);
});

const modelRequest = {
  model: 'm',
  maxOutputTokens: 10,
  instructions: 's',
  pullRequest: 'p',
  question: 'x',
  cachePrefix: false,
};

test('a proxy that refuses, or is not there, is named in the errors of GitHub and of the judge', async () => {
  const { failure } = await githubRig();
  const closed = await proxyFake({}, { credentials: 'user:planted-password' });
  const lost = await proxyFake({});
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  for (const [url, words] of [
    [closed.url, /The proxy 127\.0\.0\.1:\d+ asks for a user name and password \(407\)/],
    [lost.url, /The proxy 127\.0\.0\.1:\d+ did not make the connection \(status 502\)/],
    [nowhere, /The proxy 127\.0\.0\.1:\d+ could not be reached \(ECONNREFUSED\)/],
  ] as const) {
    const fetch = opened(settings(url.replace('http://', 'http://user:wrong-password@')));
    const error = await failure({ fetch, apiUrl: 'http://api.github.test' });
    expect(error).toMatchObject({ code: 'unreachable', retryable: true });
    expect(error.message).toMatch(words);
    expect(error.message).not.toContain('password@');
    const client = createAnthropicClient({
      apiKey: 'sk-planted',
      baseURL: 'https://judge.test',
      fetch,
      maxRetries: 0,
      sleep: async () => undefined,
    });
    const outcome = await client.send(modelRequest);
    expect(JSON.stringify(outcome)).toMatch(words);
    // Nothing was sent, so nothing can be charged.
    expect(outcome).toMatchObject({ uncertain: 0 });
    expect(JSON.stringify(await client.countTokens(modelRequest))).toMatch(words);
    await expect(client.batches.submit([{ id: '1', request: modelRequest }])).rejects.toMatchObject({
      message: expect.stringMatching(words),
      mayHaveArrived: false,
    });
  }
});

test('git is given Node’s authorities and those of NODE_EXTRA_CA_CERTS in one file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'echelon-authorities-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const extra = join(folder, 'extra.pem');
  writeFileSync(extra, '-----BEGIN CERTIFICATE-----\nplanted\n-----END CERTIFICATE-----\n');
  const file = join(folder, 'data/authorities.pem');
  expect(await gitAuthorities(null, file)).toEqual({});
  expect(await gitAuthorities(extra, file)).toEqual({ 'http.sslCAInfo': file });
  const written = readFileSync(file, 'utf8');
  expect(written).toContain('planted');
  expect(written.match(/BEGIN CERTIFICATE/g)).toHaveLength(rootCertificates.length + 1);
  await expect(gitAuthorities(join(folder, 'none.pem'), file)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/NODE_EXTRA_CA_CERTS could not be read \(ENOENT\)/),
  });
});
