import { expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { blinded } from './blind.ts';

const change: GroundTruth = {
  id: '142',
  title: 'Fix parsing (#142) in octo/widgets',
  description: [
    'Follows 1c59427ab0 and octo/widgets#12, see https://github.com/octo/widgets/pull/12 and GH-7.',
    'Thanks @grace and ada-l! The word feedback, the number 20250101 and `@scope/package` stay.',
    '',
    'Signed-off-by: Ada L <ada@example.com>',
  ].join('\n'),
  diff: [
    'diff --git a/a.ts b/a.ts',
    '--- a/a.ts',
    '+++ b/a.ts',
    '@@ -1,2 +1,3 @@',
    '-const home = "https://github.com/octo/widgets/tree/main";',
    '+const home = "https://docs.example.com/deadbeef1";',
    '+import { x } from "octo/widgets";',
    '+// ada-l wrote #142',
    '',
  ].join('\n'),
  filesChanged: ['a.ts'],
  mergedAt: '2026-01-01T00:00:00Z',
  mergeCommit: 'a'.repeat(40),
  labels: [],
  author: 'ada-l',
  url: 'https://github.com/octo/widgets/pull/142',
  repository: 'octo/widgets',
};

test('only repository, numbers, author, hashes and links are removed from title and description', () => {
  const { title, description } = blinded(change, 's');
  expect(title).toBe('Fix parsing ([number]) in [repository]');
  expect(description).toBe(
    [
      'Follows [hash] and [number], see [link] and [number].',
      'Thanks [author] and [author]! The word feedback, the number 20250101 and `@scope/package` stay.',
    ].join('\n'),
  );
});

test('only the repository’s name and links to it are removed from the diff', () => {
  expect(blinded(change, 's').diff).toBe(
    change.diff
      .replace('https://github.com/octo/widgets/tree/main', '[link]')
      .replace('"octo/widgets"', '"[repository]"'),
  );
});

test('the id is the same each time the run asks, and differs for another seed or change', () => {
  const id = blinded(change, 's').id;
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  expect(blinded(change, 's').id).toBe(id);
  expect(blinded(change, 't').id).not.toBe(id);
  expect(blinded({ ...change, id: '143' }, 's').id).not.toBe(id);
});

test('a folder’s name, which may be any word, is not removed', () => {
  const local = { ...change, repository: 'home' };
  expect(blinded(local, 's').diff).toBe(local.diff);
});
