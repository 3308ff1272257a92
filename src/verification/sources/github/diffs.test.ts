import { expect, test } from 'vitest';
import { fakePullRequest, fakeRepository } from '#testing/fakes/github/repository.ts';
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
