import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakePullRequest, fakeRepository, type GitHubFake, startGitHubFake } from '#testing/github-fake.ts';
import { githubSource } from './github.ts';
import type { GitHubAccess } from './github-client.ts';
import { type DrawRequest, SourceError } from './source.ts';

const token = 'ghp_planted0123456789';
let fake: GitHubFake;
let sleeps: number[];

beforeEach(async () => {
  fake = await startGitHubFake({ token });
  sleeps = [];
});
afterEach(() => fake.close());

const request: DrawRequest = { limit: 5, reserve: 2, seed: 's', since: null, label: null };
const source = (access: Partial<GitHubAccess> = {}) =>
  githubSource({
    fetch,
    sleep: async (ms) => {
      sleeps.push(ms);
    },
    now: () => new Date('2026-01-01T12:00:00Z'),
    apiUrl: fake.url,
    owner: 'octo',
    name: 'widgets',
    token: null,
    retryBaseMs: 1,
    ...access,
  });
const failure = async (access: Partial<GitHubAccess> = {}, more: Partial<DrawRequest> = {}) => {
  const error = await source(access)
    .draw({ ...request, ...more })
    .then(
      () => expect.unreachable('the draw should fail'),
      (reason: unknown) => reason,
    );
  expect(error).toBeInstanceOf(SourceError);
  expect(inspect(error, { depth: 10 })).not.toContain(token);
  return error instanceof SourceError ? error : expect.unreachable();
};

test('merged pull requests are drawn with their text, diff and commit, without index lines', async () => {
  fake.repositories.push(fakeRepository({ count: 10 }));
  const draw = await source().draw(request);
  expect(draw).toMatchObject({ listed: 10, source: 'github:octo/widgets', private: false });
  expect(draw.drawn).toHaveLength(5);
  expect(draw.reserve).toHaveLength(2);
  const first = draw.drawn[0];
  const number = Number(first?.id);
  expect(first).toMatchObject({
    title: `Change ${number}`,
    description: `What change ${number} is for.`,
    filesChanged: [`src/file${number}.ts`],
    author: 'ada',
    url: `https://github.com/octo/widgets/pull/${number}`,
    repository: 'octo/widgets',
  });
  expect(first?.diff).toContain(`+const one${number} = ${number};`);
  expect(first?.diff).not.toContain('index ');
  expect(draw.commitRange).toMatch(/^[0-9a-f]{12}\.\.[0-9a-f]{12}$/);
});

test('however a repository is spelled, the ground truth is the same and bears GitHub’s own spelling', async () => {
  fake.repositories.push(fakeRepository({ count: 10 }));
  const draw = await source().draw(request);
  expect(await source({ owner: 'OCTO', name: 'Widgets' }).draw(request)).toEqual(draw);
  expect(draw.source).toBe('github:octo/widgets');
});

test('the same seed draws the same pull requests, and another seed others', async () => {
  fake.repositories.push(fakeRepository({ count: 30 }));
  const ids = async (seed: string) => (await source().draw({ ...request, seed })).drawn.map(({ id }) => id);
  expect(await ids('a')).toEqual(await ids('a'));
  expect(await ids('a')).not.toEqual(await ids('b'));
});

test('only merged pull requests count, whatever their commit field says', async () => {
  fake.repositories.push(
    fakeRepository({
      pulls: [fakePullRequest({ number: 1 }), fakePullRequest({ number: 2, mergedAt: null })],
    }),
  );
  const draw = await source().draw(request);
  expect(draw.drawn.map(({ id }) => id)).toEqual(['1']);
  expect(draw.listed).toBe(1);
});

test('pages are followed until the newest merged pull requests are known, and no further', async () => {
  fake.repositories.push(fakeRepository({ count: 450 }));
  const draw = await source().draw(request);
  expect(draw.listed).toBe(100);
  expect(draw.drawn.every(({ id }) => Number(id) > 350)).toBe(true);
  expect(fake.requests.filter(({ path }) => /\/pulls\?/.test(path))).toHaveLength(1);
  const wide = await source().draw({ ...request, limit: 80, reserve: 0 });
  expect(wide.listed).toBe(160);
  expect(wide.drawn.every(({ id }) => Number(id) > 290)).toBe(true);
});

test('an old pull request that was commented on lately does not displace a newer merge', async () => {
  const repository = fakeRepository({ count: 250 });
  for (const pull of repository.pulls.slice(0, 60)) pull.updatedAt = '2026-01-01T00:00:00Z';
  fake.repositories.push(repository);
  const draw = await source().draw({ ...request, limit: 50, reserve: 50 });
  expect(draw.listed).toBe(100);
  expect([...draw.drawn, ...draw.reserve].every(({ id }) => Number(id) > 150)).toBe(true);
});

test('since and label narrow the list', async () => {
  const repository = fakeRepository({ count: 48 });
  for (const pull of repository.pulls.slice(20, 26)) pull.labels = ['feature'];
  fake.repositories.push(repository);
  const draw = await source().draw({ ...request, since: '2025-01-02', label: 'feature' });
  // Numbers are hours after 2025-01-01, so that the day after starts at 24.
  expect(draw.drawn.map(({ id }) => id).sort()).toEqual(['24', '25', '26']);
  expect((await failure({}, { label: 'none' })).message).toMatch(/with the label "none"/);
});

test('missing bodies, authors and commits are empty, not errors', async () => {
  fake.repositories.push(
    fakeRepository({ pulls: [fakePullRequest({ number: 7, body: null, author: null, mergeCommit: null })] }),
  );
  const draw = await source().draw(request);
  expect(draw.drawn[0]).toMatchObject({ description: '', author: null, mergeCommit: null });
  expect(draw.commitRange).toBeNull();
});

test('bytes that are not UTF-8 become U+FFFD', async () => {
  const diff = Buffer.from(
    String(fakePullRequest({ number: 1 }).diff).replace('one1', 'caf\u{e9}'),
    'latin1',
  );
  fake.repositories.push(fakeRepository({ pulls: [fakePullRequest({ number: 1, diff })] }));
  expect((await source().draw(request)).drawn[0]?.diff).toContain('caf\u{fffd} = 1');
});

test('what cannot serve is counted by its reason, too large and unreadable diffs too', async () => {
  fake.repositories.push(
    fakeRepository({
      pulls: [
        fakePullRequest({ number: 1 }),
        fakePullRequest({ number: 2, diff: 'too_large' }),
        fakePullRequest({ number: 3, diff: 'missing' }),
        fakePullRequest({ number: 4, author: 'dependabot[bot]' }),
        fakePullRequest({ number: 5, diff: '' }),
      ],
    }),
  );
  expect((await source().draw(request)).excluded).toEqual({
    too_large: 1,
    unreadable: 1,
    dependency_bump: 1,
    empty_diff: 1,
  });
});

test('with the installation’s token a private repository answers as an unknown one does, and nothing of it is read', async () => {
  const unknown = await failure({ publicOnly: true, token });
  fake.repositories.push(fakeRepository({ count: 3, private: true }));
  const error = await failure({ publicOnly: true, token });
  expect(error.code).toBe('not_found');
  expect(error.message).toBe(unknown.message);
  expect(fake.requests.filter(({ path }) => path.includes('/pulls'))).toEqual([]);
});

test('of a private repository the draw names neither repository nor commits', async () => {
  fake.repositories.push(fakeRepository({ count: 3, private: true }));
  expect(await failure()).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/give a token/),
  });
  const draw = await source({ token }).draw(request);
  expect(draw).toMatchObject({ private: true, source: 'private repository', commitRange: null });
  expect(fake.requests.at(-1)?.authorization).toBe(`token ${token}`);
});

test('an unknown repository, a wrong token, a missing right and a legal block each say what to do', async () => {
  expect(await failure()).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/does not exist/),
  });
  expect(await failure({ token })).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/token may not read it/),
  });
  expect(await failure({ token: 'ghp_wrong' })).toMatchObject({
    code: 'unauthorized',
    message: expect.stringMatching(/Give a valid one/),
  });
  fake.repositories.push(fakeRepository({ blocked: 403 }));
  expect(await failure({ token })).toMatchObject({
    code: 'unauthorized',
    message: expect.stringMatching(/Resource not accessible/),
  });
  fake.repositories[0] = fakeRepository({ blocked: 451 });
  expect(await failure()).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/legal reasons/),
  });
});

test('a moved repository is told by its new name', async () => {
  fake.repositories.push(fakeRepository({ id: 7, owner: 'neo', name: 'gadgets', count: 3 }));
  fake.moved.set('octo/widgets', 7);
  expect(await failure()).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/new name, neo\/gadgets/),
  });
});

test('an empty repository and one without merged pull requests are told apart', async () => {
  fake.repositories.push(fakeRepository({ size: 0 }));
  expect(await failure()).toMatchObject({ code: 'empty' });
  fake.repositories[0] = fakeRepository();
  expect(await failure()).toMatchObject({
    code: 'no_eligible_changes',
    message: expect.stringMatching(/no closed pull requests/),
  });
  fake.repositories[0] = fakeRepository({ pulls: [fakePullRequest({ number: 1, mergedAt: null })] });
  expect(await failure()).toMatchObject({
    code: 'no_eligible_changes',
    message: expect.stringMatching(/no merged changes/),
  });
});

test.each([403, 429] as const)(
  'a primary limit (%i) is waited for until its reset, and told',
  async (status) => {
    fake.repositories.push(fakeRepository({ count: 3 }));
    fake.faults.push({ kind: 'primary_limit', status, resetInSeconds: 300 });
    const told: string[] = [];
    await source().draw({ ...request, onProgress: (message) => told.push(message) });
    expect(sleeps).toHaveLength(1);
    expect(sleeps[0]).toBeGreaterThan(295_000);
    expect(sleeps[0]).toBeLessThanOrEqual(302_000);
    expect(told).toContainEqual(expect.stringMatching(/^Waiting for GitHub's limit until 12:0[45] UTC$/));
  },
);

test('a secondary limit is waited for as long as it says, however it is worded', async () => {
  fake.repositories.push(fakeRepository({ count: 3 }));
  fake.faults.push(
    { kind: 'secondary_limit', status: 403, retryAfterSeconds: 30 },
    { kind: 'secondary_limit', status: 429, retryAfterSeconds: 45, message: 'Slow down' },
  );
  await source().draw(request);
  expect(sleeps).toEqual([30_000, 45_000]);
});

test('waiting for limits is bounded over the whole draw', async () => {
  fake.repositories.push(fakeRepository({ count: 3 }));
  fake.faults.push({ kind: 'primary_limit', status: 403, resetInSeconds: 3000 });
  expect(await failure()).toMatchObject({
    code: 'rate_limited',
    retryable: true,
    message: expect.stringMatching(/Give a GitHub token/),
  });
  expect(sleeps).toEqual([]);
  for (let times = 0; times < 3; times += 1) {
    fake.faults.push({ kind: 'secondary_limit', status: 429, retryAfterSeconds: 400 });
  }
  expect(await failure({ token })).toMatchObject({ code: 'rate_limited' });
  expect(sleeps).toEqual([400_000, 400_000]);
});

test('a draw that is given up while it waits ends with the reason it was given', async () => {
  fake.repositories.push(fakeRepository({ count: 3 }));
  fake.faults.push({ kind: 'secondary_limit', status: 429, retryAfterSeconds: 60 });
  const controller = new AbortController();
  const reason = new Error('cancelled');
  const drawing = source({
    sleep: async (_, signal) => {
      controller.abort(reason);
      signal?.throwIfAborted();
    },
  }).draw({ ...request, signal: controller.signal });
  await expect(drawing).rejects.toBe(reason);
});

test('a draw that is given up during a request ends at once', async () => {
  const controller = new AbortController();
  const reason = new Error('cancelled');
  const drawing = source({
    retryBaseMs: 60_000,
    fetch: (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        controller.abort(reason);
      }),
  }).draw({ ...request, signal: controller.signal });
  await expect(drawing).rejects.toBe(reason);
});

test('passing faults are tried again, lasting ones are told as retryable', async () => {
  fake.repositories.push(fakeRepository({ count: 3 }));
  fake.faults.push({ kind: 'status', status: 502, message: 'Bad Gateway' }, { kind: 'hang_up' });
  expect((await source().draw(request)).drawn).toHaveLength(3);
  for (let times = 0; times < 4; times += 1) {
    fake.faults.push({ kind: 'status', status: 500, message: 'Server Error' });
  }
  expect(await failure()).toMatchObject({ code: 'unreachable', retryable: true });
  await fake.close();
  expect(await failure()).toMatchObject({
    code: 'unreachable',
    retryable: true,
    message: expect.stringMatching(/was not reached/),
  });
});

test.each([
  ['HTML', 'text/html', '<html>A proxy speaks</html>'],
  ['broken JSON', 'application/json', '{"full_name": '],
  ['other JSON', 'application/json', '{"ok": true}'],
  ['an unreadable content type', '=;', 'x'],
])('%s in place of the API is told as such', async (_, contentType, body) => {
  fake.repositories.push(fakeRepository({ count: 3 }));
  fake.faults.push({ kind: 'raw', contentType, body });
  expect(await failure()).toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(/GITHUB_API_URL/),
  });
  fake.faults.push({ kind: 'raw', path: /\/pulls\?/, contentType, body });
  expect(await failure()).toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(/GITHUB_API_URL/),
  });
});

test('the token goes to no other host, neither by redirect nor by page link', async () => {
  const other = await startGitHubFake({ token });
  try {
    fake.repositories.push(fakeRepository({ count: 3 }));
    other.repositories.push(fakeRepository({ count: 3 }));
    fake.faults.push({ kind: 'redirect', status: 302, location: `${other.url}/repos/octo/widgets` });
    expect(await failure({ token })).toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/pointed to another host/),
    });
    fake.faults.push({
      kind: 'next_page',
      path: /\/pulls\?/,
      url: `${other.url}/repositories/1001/pulls?page=2`,
    });
    expect(await failure({ token })).toMatchObject({
      message: expect.stringMatching(/pointed to another host/),
    });
    expect(other.requests).toEqual([]);
  } finally {
    await other.close();
  }
});

test('an API below a path, as GitHub Enterprise Server has it, is asked there', async () => {
  await failure({ apiUrl: `${fake.url}/api/v3` });
  expect(fake.requests.at(-1)?.path).toBe('/api/v3/repos/octo/widgets');
});

test('the fake answers 304 to a tag it has given, and pages with links in both directions', async () => {
  fake.repositories.push(fakeRepository({ count: 250 }));
  const url = `${fake.url}/repos/octo/widgets/pulls?state=closed&per_page=100&page=2`;
  const first = await fetch(url);
  expect(first.headers.get('link')).toMatch(/page=1>; rel="prev".*page=3>; rel="next".*page=3>; rel="last"/);
  const again = await fetch(url, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
  expect(again.status).toBe(304);
  await first.body?.cancel();
});

test('a diff that is too large for one answer is put together from the list of files', async () => {
  const lines = Array.from({ length: 40 }, (_, at) => `+const value${at} = ${at};`);
  const files = Array.from({ length: 150 }, (_, at) => ({
    filename: `src/part ${at}.ts`,
    status: 'added',
    patch: `@@ -0,0 +1,${lines.length} @@\n${lines.join('\n')}`,
  }));
  fake.repositories.push(
    fakeRepository({
      pulls: [
        fakePullRequest({
          number: 1,
          diff: 'too_large',
          files: [
            ...files,
            { filename: 'new name', previous_filename: 'old\tname', status: 'renamed' },
            { filename: 'gone.ts', status: 'removed', patch: '@@ -1 +0,0 @@\n-gone' },
            { filename: 'picture.png', status: 'modified' },
          ],
        }),
      ],
    }),
  );
  const { drawn } = await source().draw(request);
  expect(drawn[0]?.filesChanged).toEqual([
    ...files.map(({ filename }) => filename),
    'new name',
    'gone.ts',
    'picture.png',
  ]);
  expect(drawn[0]?.diff).toContain('+const value39 = 39;');
  expect(drawn[0]?.diff).toContain('rename from "old\\tname"');
});
