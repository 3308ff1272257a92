import { expect, test } from 'vitest';
import { type FakePullRequest, fakePullRequest, fakeRepository } from '#testing/fakes/github/repository.ts';
import { drawRequest, githubRig } from '#testing/rigs/github-rig.ts';

test('merged pull requests are drawn with their text, diff and commit, without index lines', async () => {
  const { fake, source } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 10 }));
  const draw = await source().draw(drawRequest);
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

test('missing bodies, authors and commits are empty, not errors', async () => {
  const { fake, source } = await githubRig();
  fake.repositories.push(
    fakeRepository({ pulls: [fakePullRequest({ number: 7, body: null, author: null, mergeCommit: null })] }),
  );
  const draw = await source().draw(drawRequest);
  expect(draw.drawn[0]).toMatchObject({ description: '', author: null, mergeCommit: null });
  expect(draw.commitRange).toBeNull();
});

test('bytes that are not UTF-8 become U+FFFD', async () => {
  const { fake, source } = await githubRig();
  const diff = Buffer.from(
    String(fakePullRequest({ number: 1 }).diff).replace('one1', 'caf\u{e9}'),
    'latin1',
  );
  fake.repositories.push(fakeRepository({ pulls: [fakePullRequest({ number: 1, diff })] }));
  expect((await source().draw(drawRequest)).drawn[0]?.diff).toContain('caf\u{fffd} = 1');
});

test('changes that cannot serve are counted by reason, including too large and unreadable diffs', async () => {
  const { fake, source } = await githubRig();
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
  expect((await source().draw(drawRequest)).excluded).toEqual({
    too_large: 1,
    unreadable: 1,
    dependency_bump: 1,
    empty_diff: 1,
  });
});

test('a diff that is too large for one answer is assembled from the list of files', async () => {
  const { fake, source } = await githubRig();
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
  const { drawn } = await source().draw(drawRequest);
  expect(drawn[0]?.filesChanged).toEqual([
    ...files.map(({ filename }) => filename),
    'new name',
    'gone.ts',
    'picture.png',
  ]);
  expect(drawn[0]?.diff).toContain('+const value39 = 39;');
  expect(drawn[0]?.diff).toContain('rename from "old\\tname"');
});

/** What GitHub may give for one pull request instead of its diff, every time it is asked. */
const bad: [is: string, fields: Partial<FakePullRequest>][] = [
  ...[400, 403, 404, 410, 422, 451, 500, 502, 503, 504].map((status): [string, Partial<FakePullRequest>] => [
    `status ${status}`,
    { diff: status },
  ]),
  ['a broken connection', { diff: 'hang_up' }],
  ['a page of a proxy', { diff: '<html>Bad gateway</html>' }],
  ['a title that is no text', { listedAs: { title: { text: 'x' } } }],
  ['an author that is no user', { listedAs: { user: 'ada' } }],
  ['a merge time that is none', { listedAs: { merged_at: 'yesterday' } }],
  ['no time of its last update', { listedAs: { updated_at: null } }],
  ['labels that are no list', { listedAs: { labels: 'none' } }],
];

test.each(bad)('a pull request with %s costs itself, and the draw continues', async (_, fields) => {
  const { fake, source } = await githubRig();
  const repository = fakeRepository({ count: 10 });
  repository.pulls[4] = fakePullRequest({ number: 5, ...fields });
  fake.repositories.push(repository);
  const draw = await source().draw({ ...drawRequest, limit: 10, reserve: 0 });
  expect(draw.drawn.map(({ id }) => Number(id)).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10]);
  expect(draw).toMatchObject({ listed: 10, excluded: { unreadable: 1 } });
});

test('a list of files that GitHub fails to give costs its pull request', async () => {
  const { fake, source } = await githubRig();
  const repository = fakeRepository({ count: 3 });
  repository.pulls[1] = fakePullRequest({ number: 2, diff: 'too_large' });
  fake.repositories.push(repository);
  fake.faults.push({
    kind: 'raw',
    path: /\/files/,
    contentType: 'application/json',
    body: '[{"filename": 3}]',
  });
  expect((await source().draw(drawRequest)).excluded).toEqual({ unreadable: 1 });
});

test('several bad pull requests cost themselves, but a source that gives no diffs fails', async () => {
  const { fake, source, failure } = await githubRig();
  const repository = fakeRepository({ count: 40 });
  for (const at of [3, 11, 12, 30]) repository.pulls[at] = fakePullRequest({ number: at + 1, diff: 502 });
  fake.repositories.push(repository);
  const wide = { ...drawRequest, limit: 40 };
  expect(await source().draw(wide)).toMatchObject({ listed: 40, excluded: { unreadable: 4 } });
  for (const pull of repository.pulls) pull.diff = 502;
  fake.requests.length = 0;
  expect(await failure({}, wide)).toMatchObject({ code: 'unreachable', retryable: true });
  // It does not try all of them.
  expect(fake.requests.length).toBeLessThan(60);
  fake.repositories[0] = fakeRepository({ pulls: [fakePullRequest({ number: 1, diff: 503 })] });
  expect(await failure()).toMatchObject({ code: 'unreachable', retryable: true });
});

test('a refused token, a limit and a source that is gone in the middle fail the draw', async () => {
  const { fake, failure } = await githubRig();
  fake.repositories.push(fakeRepository({ count: 10 }));
  const oneDiff = /\/pulls\/\d+$/;
  fake.faults.push({ kind: 'status', path: oneDiff, status: 401, message: 'Bad credentials' });
  expect(await failure()).toMatchObject({ code: 'unauthorized' });
  fake.faults.push({ kind: 'primary_limit', path: oneDiff, status: 403, resetInSeconds: 3_000 });
  expect(await failure()).toMatchObject({ code: 'rate_limited', retryable: true });
  // From the first diff on, the whole API answers 502.
  let isGone = false;
  const gone: typeof fetch = (url, init) => {
    isGone ||= oneDiff.test(String(url));
    return isGone ? Promise.resolve(new Response('Bad Gateway', { status: 502 })) : fetch(url, init);
  };
  expect(await failure({ fetch: gone }, { ...drawRequest, limit: 10 })).toMatchObject({
    code: 'unreachable',
    retryable: true,
  });
});
