import { expect, test } from 'vitest';
import { examples, fc } from '#testing/runners/fuzzing.ts';
import { cutDiff, maxDiffBytes } from './cut-diff.ts';
import { parseDiff } from './parse-diff.ts';

const hunk = (start: number, count: number, text: string) => [
  `@@ -${start},0 +${start},${count} @@ where`,
  ...Array.from({ length: count }, (_, at) => `+${text} ${at}`),
];
const file = (path: string, ...hunks: string[][]) =>
  [
    `diff --git a/${path} b/${path}`,
    'index 1..2 100644',
    `--- a/${path}`,
    `+++ b/${path}`,
    ...hunks.flat(),
    '',
  ].join('\n');
const size = (text: string) => Buffer.byteLength(text);

test('a diff within the limit loses its index lines and nothing else', () => {
  const diff = file('a.ts', ['@@ -1,2 +1,2 @@', ' index 1..2', '-index 3..4', '+x']);
  expect(cutDiff(diff)).toEqual({ diff: diff.replace('index 1..2 100644\n', ''), cut: false });
});

test('a longer diff keeps every header and whole hunks, and is marked', () => {
  const half = 'x'.repeat(600);
  const { diff, cut } = cutDiff(
    file('a.ts', hunk(1, 100, half), hunk(500, 100, half), hunk(900, 2, 'small')) +
      file('b.ts', hunk(1, 3, 'tail')),
  );
  expect(cut).toBe(true);
  expect(size(diff)).toBeLessThanOrEqual(maxDiffBytes);
  const { files } = parseDiff(diff);
  expect(files.map(({ path, changedLines }) => [path, changedLines.length])).toEqual([
    ['a.ts', 102],
    ['b.ts', 3],
  ]);
  expect(diff).toContain('\n[cut: 1 of the 3 hunks of this file are left out]\n');
  expect(diff).not.toContain('index 1..2');
});

test('files that people write come before lock files and generated ones', () => {
  const long = 'x'.repeat(800);
  const { diff } = cutDiff(
    file('package-lock.json', hunk(1, 110, long)) + file('src/a.ts', hunk(1, 110, long)),
  );
  expect(parseDiff(diff).files.map(({ path, changedLines }) => [path, changedLines.length])).toEqual([
    ['package-lock.json', 0],
    ['src/a.ts', 110],
  ]);
});

test('a hunk over the limit is shortened at a line end and recounted', () => {
  const { diff } = cutDiff(file('a.ts', hunk(1, 3000, 'some hundred characters '.repeat(4))));
  expect(size(diff)).toBeLessThanOrEqual(maxDiffBytes);
  const lines = parseDiff(diff).files[0]?.changedLines.length ?? 0;
  expect(lines).toBeGreaterThan(900);
  expect(diff).toContain(`@@ -1,0 +1,${lines} @@ where\n`);
  expect(diff).toMatch(/\n\[cut: the last hunk goes on\]\n$/);
});

test('headers that do not fit are counted', () => {
  const { diff } = cutDiff(
    Array.from({ length: 3000 }, (_, at) => file(`f${at}.ts`, hunk(1, 1, 'x'))).join(''),
  );
  expect(size(diff)).toBeLessThanOrEqual(maxDiffBytes);
  expect(diff).toMatch(/\[cut: \d+ more files are left out\]\n$/);
});

test('any cut diff stays within the limit, contains no invented line, and does not change when cut again', () => {
  const part = fc.record({
    path: fc.constantFrom('a.ts', 'yarn.lock', 'b b.md'),
    hunks: fc.array(fc.tuple(fc.nat(400), fc.nat(900), fc.constantFrom('x', 'ü', '日本')), { maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const diff = parts
        .map(({ path, hunks }) =>
          file(path, ...hunks.map(([lines, width, text]) => hunk(1, lines, text.repeat(width)))),
        )
        .join('');
      const once = cutDiff(diff);
      expect(size(once.diff)).toBeLessThanOrEqual(Math.max(maxDiffBytes, 0));
      expect(once.cut).toBe(size(diff.replaceAll('index 1..2 100644\n', '')) > maxDiffBytes);
      const before = new Set(parseDiff(diff).files.flatMap((f) => f.changedLines.map(({ text }) => text)));
      for (const parsed of parseDiff(once.diff).files) {
        for (const { text } of parsed.changedLines) if (!before.has(text)) expect.unreachable(text);
      }
      expect(parseDiff(cutDiff(once.diff).diff)).toEqual(parseDiff(once.diff));
    }),
    examples(25),
  );
});
