import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { temporaryFolders } from '#platform/git/repository-folders.ts';
import { gitRunner } from '#platform/git/run-git.ts';
import {
  createGitRepository,
  type GitRepository,
  type GitServer,
  serveGitRepository,
} from '#testing/builders/git-repository.ts';
import { limitedGit } from '#testing/rigs/limited-git.ts';
import { type DrawRequest, SourceError } from '../source.ts';
import { type CloneOptions, clonedGitSource } from './clone.ts';
import { gitSource } from './git.ts';
import { type GitOutcome, stoppedWords } from './runner.ts';

const runGit = gitRunner({ searchPath: process.env.PATH ?? '' });
const request: DrawRequest = { limit: 50, reserve: 0, seed: 's', since: null, label: null };
const token = 'planted-secret-token';
const code = 'one\ntwo\nthree\nfour\n';

let repo: GitRepository;
beforeAll(() => {
  repo = createGitRepository();
  repo.commit({ message: 'Begin', files: { 'a.ts': code } });
  repo.mergePullRequest({ number: 3, title: 'Add b', files: { 'b.ts': code } });
});
afterAll(() => repo.remove());

const servers: GitServer[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  for (const folder of folders.splice(0)) expect(existsSync(folder), 'the clone is removed').toBe(false);
});
const serve = async (options: Parameters<typeof serveGitRepository>[1] = {}) => {
  const server = await serveGitRepository(repo.path, options);
  servers.push(server);
  return server;
};

const source = (url: string, more: Partial<CloneOptions> = {}) =>
  clonedGitSource({
    runGit,
    makeTempDir: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'echelon-clone-'));
      folders.push(folder);
      return folder;
    },
    removeDir: (folder) => rm(folder, { recursive: true, force: true }),
    url,
    allowedProtocols: ['http'],
    ...more,
  });
const failure = async (url: string, more: Partial<CloneOptions> = {}) => {
  const error = await source(url, more)
    .draw(request)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SourceError);
  expect(inspect(error, { depth: 10 })).not.toContain(token);
  return error;
};

test('a clone gives the same changes as its original', async () => {
  const server = await serve();
  const result = await source(server.url).draw(request);
  const name = `${new URL(server.url).host}/repository`;
  expect(result).toEqual(
    await gitSource({ ...temporaryFolders, runGit, path: repo.path, name }).draw(request),
  );
  expect(result).toMatchObject({ listed: 2, source: `git:${name}`, private: false });
});

test('a token opens a private repository, stays out of the arguments, and hides the name from the draw', async () => {
  const server = await serve({ token });
  expect(await failure(server.url)).toMatchObject({
    code: 'unauthorized',
    message: expect.stringMatching(/does not exist or is private/),
  });
  expect(await failure(server.url, { token: `${token}-wrong` })).toMatchObject({ code: 'unauthorized' });
  const seen: string[][] = [];
  const result = await source(server.url, {
    token,
    runGit: (args, options) => {
      seen.push(args);
      return runGit(args, options);
    },
  }).draw(request);
  expect(result).toMatchObject({ private: true, source: 'private repository', commitRange: null });
  expect(seen.flat().join(' ')).not.toMatch(new RegExp(`${token}|${btoa(`x-access-token:${token}`)}`));
});

test('a redirect is not followed, and its target receives no token', async () => {
  const target = await serve({ token });
  const server = await serve({ redirectTo: new URL(target.url).origin });
  expect(await failure(server.url, { token })).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/redirects elsewhere/),
  });
  expect(target.requests).toEqual([]);
});

test.each([
  ['an option', '--upload-pack=touch /tmp/x'],
  ['a program', 'ext::sh -c true'],
  ['a transport helper', 'foo::http://example.com/a'],
  ['text that is not a URL', 'example.com/a/b'],
  ['a path', '/etc'],
  ['a file URL where file URLs are not allowed', 'file:///etc'],
  ['ssh where it is not allowed', 'ssh://git@example.com/a'],
  ['user info', 'http://user:pass@127.0.0.1/a'],
  ['a query', 'http://127.0.0.1/a?x=1'],
])('%s is refused before anything runs', async (_, url) => {
  const error = await failure(url, { runGit: () => expect.unreachable('git must not run') });
  expect(error).toMatchObject({ code: 'invalid' });
  expect(String(error)).not.toContain('pass@');
});

test('an address that the guard refuses is not called, and the address it pins is used', async () => {
  const server = await serve();
  const refusal = new SourceError('invalid', 'not allowed');
  expect(await failure(server.url, { guard: () => Promise.reject(refusal) })).toBe(refusal);
  expect(server.requests).toEqual([]);
  const { port } = new URL(server.url);
  const result = await source(`http://pinned.invalid:${port}/repository.git`, {
    guard: async (url) => ({ 'http.curloptResolve': `${url.hostname}:${url.port}:127.0.0.1` }),
  }).draw(request);
  expect(result.listed).toBe(2);
});

test('a missing repository, an unreachable server and one that never answers give different errors', async () => {
  const server = await serve();
  const other = server.url.replace('repository.git', 'none.git');
  expect(await failure(other)).toMatchObject({ code: 'not_found' });
  const silent = await serve({ silent: true });
  expect(await failure(silent.url, { silenceMs: 300 })).toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(/gave no answer within/),
  });
  const nobody = `http://127.0.0.1:${await freePort()}/repository.git`;
  expect(await failure(nobody)).toMatchObject({ code: 'unreachable', retryable: true });
});

test('an empty repository is reported as empty', async () => {
  const empty = createGitRepository();
  try {
    expect(await failure(`file://${empty.path}`, { allowedProtocols: ['file'] })).toMatchObject({
      code: 'empty',
    });
  } finally {
    empty.remove();
  }
});

test('a server that accepts connections and stays silent ends the clone within seconds, with the reason', async () => {
  const unspoken = createServer();
  await new Promise<void>((resolve) => unspoken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void unspoken.close());
  const { port } = unspoken.address() as AddressInfo;
  // The one says nothing to a request, the other nothing to a TLS handshake.
  for (const url of [(await serve({ silent: true })).url, `https://127.0.0.1:${port}/repository.git`])
    expect(await failure(url, { allowedProtocols: ['http', 'https'], silenceMs: 1_000 })).toMatchObject({
      code: 'unreachable',
      retryable: false,
      message: expect.stringContaining('gave no answer within 1 seconds'),
    });
});

test.each(['says nothing more', 'stalls in the middle of an answer'])(
  'a server that lists its branches and then %s ends the clone within seconds, with the reason',
  async (how) => {
    const large = createGitRepository();
    try {
      large.commit({ message: 'Add noise', files: { 'noise.bin': randomBytes(300_000) } });
      const options: { silent?: boolean; stallsAfterBytes?: number } = {};
      const server = await serveGitRepository(large.path, options);
      servers.push(server);
      const startedAt = performance.now();
      expect(
        await failure(server.url, {
          silenceMs: 2_000,
          runGit: (args, bounds) => {
            if (args[0] === 'clone')
              Object.assign(
                options,
                how === 'says nothing more' ? { silent: true } : { stallsAfterBytes: 100_000 },
              );
            return runGit(args, bounds);
          },
        }),
      ).toMatchObject({
        code: 'unreachable',
        retryable: false,
        message: expect.stringContaining('git heard nothing more from the server. Clone it yourself'),
      });
      expect(performance.now() - startedAt).toBeLessThan(20_000);
    } finally {
      large.remove();
    }
  },
);

test('what a server says cannot pass for the end of what it sends', async () => {
  const remote = 'remote: Receiving objects: 100% (1/1), done.';
  let until: RegExp | undefined;
  await failure('http://127.0.0.1:1/a.git', {
    runGit: async ([command], { silence }) => {
      if (command === 'clone') until = silence?.until;
      return { code: command === 'clone' ? 1 : 0, stdout: new Uint8Array(), stderr: '', stopped: null };
    },
  });
  expect(until?.test(`Cloning\n${remote}\r${remote}`)).toBe(false);
  expect(until?.test(`${remote}\rReceiving objects: 100% (1/1), done.`)).toBe(true);
});

test('an abort ends the clone with the given reason', async () => {
  const silent = await serve({ silent: true });
  const controller = new AbortController();
  const reason = new Error('cancelled');
  const drawing = source(silent.url).draw({ ...request, signal: controller.signal });
  setTimeout(() => controller.abort(reason), 200);
  await expect(drawing).rejects.toBe(reason);
});

test('a clone that grows beyond a limit names the limit and is removed', async () => {
  const large = createGitRepository();
  try {
    large.commit({ message: 'Add noise', files: { 'noise.bin': randomBytes(3_000_000) } });
    const server = await serveGitRepository(large.path);
    servers.push(server);
    // A megabyte, in blocks of 512 bytes.
    expect(await failure(server.url, { runGit: await limitedGit('-f 2000') })).toMatchObject({
      code: 'unreachable',
      retryable: false,
      message: expect.stringMatching(/git wrote a file of more than 4 GB\. Clone it yourself/),
    });
  } finally {
    large.remove();
  }
});

test.each(Object.entries(stoppedWords))('git that is stopped by %s is explained', async (stopped, words) => {
  const outcome: GitOutcome = {
    code: null,
    stdout: new Uint8Array(),
    stderr: '',
    stopped: stopped as keyof typeof stoppedWords,
  };
  const reached: GitOutcome = { ...outcome, code: 0, stopped: null };
  const stopsCloning: CloneOptions['runGit'] = async ([command]) => (command === 'clone' ? outcome : reached);
  expect(await failure('http://127.0.0.1/repository.git', { runGit: stopsCloning })).toMatchObject({
    message: expect.stringContaining(`could not be cloned: git ${words}.`),
    retryable: stopped === 'timeout',
  });
});

test.each([
  'server certificate verification failed. CAfile: none CRLfile: none',
  'SSL certificate problem: self-signed certificate',
  'SSL certificate problem: unable to get local issuer certificate',
])('a server whose certificate is not trusted is told from one that is away: %s', async (words) => {
  const outcome: GitOutcome = {
    code: 128,
    stdout: new Uint8Array(),
    stderr: `fatal: unable to access 'https://127.0.0.1/repository.git/': ${words}`,
    stopped: null,
  };
  expect(await failure('http://127.0.0.1/repository.git', { runGit: async () => outcome })).toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(/certificate of its server is not trusted.*NODE_EXTRA_CA_CERTS/),
  });
});
