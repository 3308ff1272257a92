import { expect, test } from 'vitest';
import type { ExclusionReason } from '#contracts/ground-truth.ts';
import { toGroundTruth } from './eligibility.ts';

const file = (path: string, ...lines: string[]) =>
  [
    `diff --git a/${path} b/${path}`,
    `--- a/${path}`,
    `+++ b/${path}`,
    `@@ -1,0 +1,${lines.length} @@`,
    ...lines.map((line) => `+${line}`),
    '',
  ].join('\n');
const change = {
  id: '1',
  title: 'Read faster',
  description: 'Why',
  mergedAt: '2025-01-01T00:00:00Z',
  mergeCommit: null,
  labels: [],
  author: 'ada',
  url: null,
  repository: 'r',
};
const outcome = (diff: string | Uint8Array, fields = {}): ExclusionReason | 'eligible' => {
  const result = toGroundTruth({ ...change, ...fields }, diff);
  return 'excluded' in result ? result.excluded : 'eligible';
};
const three = file('src/a.ts', 'one', 'two', 'three');

test.each<[string, string | Uint8Array, object, ExclusionReason | 'eligible']>([
  ['three changed lines', three, {}, 'eligible'],
  ['two changed lines', file('src/a.ts', 'one', 'two'), {}, 'too_small'],
  ['two changed lines and blank ones', file('src/a.ts', 'one', '', '  ', 'two'), {}, 'too_small'],
  [
    'only a rename',
    'diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\n',
    {},
    'too_small',
  ],
  ['an empty diff', '', {}, 'empty_diff'],
  ['text that is not a diff', '<html>Not found</html>', {}, 'unreadable'],
  [
    'binary files',
    'diff --git a/x.png b/x.png\nBinary files a/x.png and b/x.png differ\n',
    {},
    'binary_only',
  ],
  [
    'a binary file beside text',
    `diff --git a/x b/x\nBinary files a/x and b/x differ\n${three}`,
    {},
    'eligible',
  ],
  ['a lock file', file('web/package-lock.json', 'one', 'two', 'three'), {}, 'generated_only'],
  ['a generated file', file('api/v1/user.pb.go', 'one', 'two', 'three'), {}, 'generated_only'],
  [
    'a version number beside its lock file',
    file('package.json', '"x": "2"') + file('yarn.lock', 'a', 'b', 'c'),
    {},
    'too_small',
  ],
  ['code beside its lock file', three + file('yarn.lock', 'a', 'b', 'c'), {}, 'eligible'],
  [
    'a bump by Dependabot',
    three,
    { author: 'dependabot[bot]', title: 'Bump x from 1 to 2' },
    'dependency_bump',
  ],
  ['a bump by Renovate, as git names it', three, { author: 'Renovate Bot', title: 'x' }, 'dependency_bump'],
  [
    'a bump by another bot',
    three,
    { author: 'acme-ci[bot]', title: 'chore(deps): update x' },
    'dependency_bump',
  ],
  ['other work by a bot', three, { author: 'acme-ci[bot]', title: 'Fix typos' }, 'eligible'],
  ['a bump by a person', three, { author: 'ada', title: 'Bump the limit to 20' }, 'eligible'],
])('%s', (_, diff, fields, expected) => {
  expect(outcome(diff, fields)).toBe(expected);
});

test('a diff that is empty after the cut is too large', () => {
  const bytes = Buffer.from(file('a.ts', ...['x', 'y', 'z'].map((line) => line.repeat(150_000))));
  expect(outcome(bytes)).toBe('too_large');
});

test('files changed are those of the whole diff, even when it was cut', () => {
  const result = toGroundTruth(
    change,
    file('a.ts', ...Array(3000).fill('x'.repeat(99))) + file('z.ts', 'tail'),
  );
  if ('excluded' in result) expect.unreachable();
  expect(result.filesChanged).toEqual(['a.ts', 'z.ts']);
  expect(Buffer.byteLength(result.diff)).toBeLessThanOrEqual(100_000);
});

test('NUL, lone surrogates and broken UTF-8 are made readable in every text', () => {
  const result = toGroundTruth(
    { ...change, title: 'a\0b', description: 'x\ud800y', author: 'A\0', labels: ['l\0'] },
    new Uint8Array([...Buffer.from(three), ...Buffer.from('\\ No newline\n'), 0xff]),
  );
  expect(result).toMatchObject({
    title: 'a\u{fffd}b',
    description: 'x\u{fffd}y',
    author: 'A\u{fffd}',
    labels: ['l\u{fffd}'],
  });
  const diff = Buffer.concat([Buffer.from(file('a', 'one', 'two', 'caf#').replace('#', '\0'))]);
  expect(toGroundTruth(change, diff)).toMatchObject({ diff: expect.stringContaining('caf\u{fffd}') });
});
