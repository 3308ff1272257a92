import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { repositoryFolders } from '#platform/git/repository-folders.ts';
import { gitRunner } from '#platform/git/run-git.ts';
import { type GitServer, serveGitRepository } from '#testing/builders/git-repository.ts';
import { hostileTrees, objectWriter } from '#testing/builders/hostile-repository.ts';
import { createPullsInGit, type PullsInGit } from '#testing/builders/pulls-in-git.ts';
import { type GitHubFake, startGitHubFake } from '#testing/fakes/github/github-fake.ts';
import { fakeRepository } from '#testing/fakes/github/repository.ts';
import { limitedGit } from '#testing/rigs/limited-git.ts';
import type { DrawRequest } from '../source.ts';
import type { GitHubAccess, RepositoryFolder } from './client.ts';
import { githubSource } from './github.ts';
import { openPullObjects } from './pull-objects.ts';

const token = 'ghp_planted0123456789';
const runGit = gitRunner({ searchPath: process.env.PATH ?? '' });
const request: DrawRequest = { limit: 40, reserve: 0, seed: 's', since: null, label: null };

let made: PullsInGit;
beforeAll(() => {
  made = createPullsInGit();
  for (let at = 0; at < 7; at += 1) for (const kind of ['merge', 'squash', 'rebase'] as const) made.add(kind);
  // Renames are detected by content. Binary files and quoted names have headers of their own.
  made.add('squash', {
    'shared.ts': null,
    'moved/shared.ts': 'one\ntwo\nthree\nfour\nfive\nsix\n',
    'with space "and quote".ts': 'x\ny\nz\n',
    'picture.bin': new Uint8Array([0, 1, 2, 255]),
    'crlf.txt': 'a\r\nb\r\nno end',
  });
});
afterAll(() => made.repository.remove());

let api: GitHubFake;
let root: string;
let server: GitServer;
const opened: RepositoryFolder[] = [];
beforeEach(async () => {
  api = await startGitHubFake({ token });
  api.repositories.push(fakeRepository({ pulls: made.pulls }));
  root = await mkdtemp(join(tmpdir(), 'echelon-folders-'));
  server = await serveGitRepository(made.repository.path, { name: 'octo/widgets' });
});
afterEach(async () => {
  await Promise.all([api.close(), server.close()]);
  await rm(root, { recursive: true, force: true });
  opened.splice(0);
});

const source = (withGit: boolean, more: Partial<GitHubAccess> = {}, serverUrl = new URL(server.url).origin) =>
  githubSource({
    fetch,
    sleep: async () => undefined,
    now: () => new Date('2026-01-01T12:00:00Z'),
    apiUrl: api.url,
    owner: 'octo',
    name: 'widgets',
    token: null,
    retryBaseMs: 1,
    ...(withGit && {
      objects: {
        runGit,
        serverUrl,
        openFolder: async (key) => {
          const folder = await repositoryFolders(root, () => new Date())(key);
          opened.push(folder);
          return folder;
        },
      },
    }),
    ...more,
  });
const diffCalls = () => api.requests.filter(({ path }) => /\/pulls\/\d+/.test(path));

test('git objects and the API give the same ground truth for every way of merging', async () => {
  const byApi = await source(false).draw(request);
  expect(diffCalls()).toHaveLength(made.pulls.length);
  api.requests.splice(0);
  expect(await source(true).draw(request)).toEqual(byApi);
  expect(diffCalls()).toEqual([]);
  expect(byApi.drawn).toHaveLength(made.pulls.length);
  const renamed = byApi.drawn.find(({ id }) => id === String(made.pulls.length));
  expect(renamed?.diff).toContain('rename to moved/shared.ts');
});

test('a second draw of an unchanged repository only asks whether it changed', async () => {
  const first = await source(true).draw(request);
  api.requests.splice(0);
  server.requests.splice(0);
  expect(await source(true).draw(request)).toEqual(first);
  expect(api.requests.map(({ path }) => path.replace(/\?.*/, ''))).toEqual([
    '/repos/octo/widgets',
    '/repos/octo/widgets/pulls',
  ]);
  expect(server.requests).toEqual([]);
});

test('when git cannot be reached, the diffs come from the API', async () => {
  const byApi = await source(false).draw(request);
  const said: string[] = [];
  const draw = await source(true, {}, 'http://127.0.0.1:9').draw({
    ...request,
    onProgress: (message) => said.push(message),
  });
  expect(draw).toEqual(byApi);
  expect(said).toContainEqual(expect.stringMatching(/could not be fetched with git/));
});

test('only a pull request whose head the server has lost is fetched from the API', async () => {
  const byApi = await source(false).draw(request);
  api.requests.splice(0);
  const lost = made.pulls[2];
  made.repository.git('update-ref', '-d', `refs/pull/${lost?.number}/head`);
  try {
    expect(await source(true).draw(request)).toEqual(byApi);
  } finally {
    made.repository.git('update-ref', `refs/pull/${lost?.number}/head`, lost?.headSha ?? '');
  }
  expect(diffCalls().map(({ path }) => path)).toEqual([`/repos/octo/widgets/pulls/${lost?.number}`]);
});

test('a private repository’s objects are fetched with its token and not kept', async () => {
  await server.close();
  server = await serveGitRepository(made.repository.path, { name: 'octo/widgets', token });
  api.repositories.splice(0, 1, fakeRepository({ pulls: made.pulls, private: true }));
  const draw = await source(true, { token }).draw(request);
  expect(draw.drawn).toHaveLength(made.pulls.length);
  expect(diffCalls()).toEqual([]);
  expect(opened).toHaveLength(1);
  for (const { path } of opened) expect(existsSync(path)).toBe(false);
});

test('kept data of a repository is not used without the right token', async () => {
  await source(true).draw(request);
  api.repositories.splice(0, 1, fakeRepository({ pulls: made.pulls, private: true }));
  opened.splice(0);
  await expect(source(true).draw(request)).rejects.toMatchObject({ code: 'not_found' });
  expect(opened).toEqual([]);
});

test('100 pull requests cost at most 10 calls of the API without a token, and 3 new ones at most 3', async () => {
  const many = createPullsInGit();
  try {
    many.addMany(120);
    await server.close();
    server = await serveGitRepository(many.repository.path, { name: 'octo/widgets' });
    api.repositories.splice(0, 1, fakeRepository({ pulls: many.pulls }));
    const ask = { ...request, limit: 100 };
    expect((await source(true).draw(ask)).drawn).toHaveLength(100);
    expect(api.requests.length).toBeLessThanOrEqual(10);
    api.requests.splice(0);
    for (let at = 0; at < 3; at += 1) many.add('merge');
    const second = await source(true).draw({ ...ask, limit: 123 });
    expect(second.listed).toBe(123);
    expect(second.drawn).toHaveLength(123);
    expect(api.requests.length).toBeLessThanOrEqual(3);
  } finally {
    many.repository.remove();
  }
});

test('a draw continues on a disk that keeps nothing, and reports it', async () => {
  const byApi = await source(false).draw(request);
  const said: string[] = [];
  const objects = {
    runGit,
    serverUrl: new URL(server.url).origin,
    openFolder: () => Promise.reject(new Error('ENOSPC')),
  };
  const draw = await source(false, { objects }).draw({
    ...request,
    onProgress: (message) => said.push(message),
  });
  expect(draw).toEqual(byApi);
  expect(said).toContainEqual(expect.stringMatching(/cannot be kept on this disk/));
});

test('when all pull requests are known, only pages with new ones are requested again', async () => {
  const repositoryOf = (count: number) => fakeRepository({ count });
  api.repositories.splice(0, 1, repositoryOf(450));
  // More than there are, so the first draw must read to the end.
  const ask = { ...request, limit: 300, label: 'none has it' };
  const pages = () => api.requests.filter(({ path }) => /\/pulls\?/.test(path)).length;
  await expect(source(true).draw(ask)).rejects.toMatchObject({ code: 'no_eligible_changes' });
  expect(pages()).toBe(5);
  api.requests.splice(0);
  await expect(source(true).draw(ask)).rejects.toMatchObject({ code: 'no_eligible_changes' });
  expect(pages()).toBe(1);
  api.requests.splice(0);
  api.repositories.splice(0, 1, repositoryOf(453));
  await expect(source(true).draw(ask)).rejects.toMatchObject({ message: expect.stringContaining('label') });
  expect(pages()).toBe(1);
});

test('a pull request of more files than git can hold costs only its own diff', async () => {
  const { repository, add } = createPullsInGit();
  onTestFinished(() => repository.remove());
  const honest = add('merge');
  const objects = objectWriter(repository);
  const [build] = Object.values(hostileTrees);
  if (build === undefined) throw new Error('There are no hostile trees.');
  const base = repository.git('rev-parse', 'HEAD');
  const head = objects.commit(build(objects), [base], 'Add a bomb');
  repository.git('update-ref', 'refs/pull/2/head', head);
  const merged = objects.commit(repository.git('rev-parse', 'HEAD^{tree}'), [base, head], 'Merge the bomb');
  repository.git('update-ref', 'HEAD', merged);
  const forge = await serveGitRepository(repository.path, { name: 'octo/bomb' });
  onTestFinished(() => forge.close());
  const pulls = await openPullObjects({
    // Should the count fail, a limit of the test's own ends git.
    runGit: await limitedGit('-d 1000000'),
    directory: join(root, 'objects'),
    url: new URL(forge.url),
    token: null,
    allowedProtocols: ['http'],
  });
  await pulls.prepare([
    { number: 1, headSha: honest.headSha, mergeCommit: honest.mergeCommit },
    { number: 2, headSha: head, mergeCommit: merged },
  ]);
  expect(new TextDecoder().decode((await pulls.diffOf(1)) as Uint8Array)).toContain('+const a1 = 1;');
  expect(await pulls.diffOf(2)).toBe(null);
});
