import { expect, test } from 'vitest';
import { type LineKind, readDiffLines } from './line-kinds.ts';

const letters: Record<LineKind, string> = { added: '+', removed: '-', unchanged: ' ', around: 'h' };

/** Each line of `expected` is a line of a diff behind the letter of its kind. */
const expectKinds = (expected: string[]) => {
  const diff = expected.map((line) => line.slice(1)).join('\n');
  expect(readDiffLines(diff).map(({ kind, text }) => letters[kind] + text)).toEqual(expected);
};

test('the headers of every file are told apart from changed lines that look like them', () => {
  expectKinds([
    'hdiff --git a/query.sql b/query.sql',
    'hindex 1..2 100644',
    'h--- a/query.sql',
    'h+++ b/query.sql',
    'h@@ -1,3 +1,3 @@ select',
    '  -- kept',
    '---- a comment',
    '++-- another comment',
    '  ',
    'h@@ -9 +9,2 @@',
    '---- a/query.sql',
    '++++ b/query.sql',
    '++++ counter;',
    'hdiff --git a/second.ts b/second.ts',
    'h--- a/second.ts',
    'h+++ b/second.ts',
    'h@@ -1 +1 @@',
    '--diff --git a/not b/not',
    '++index 1..2',
  ]);
});

test('a second file without a git header, and marks that a line has no end, are around the changes', () => {
  expectKinds([
    'h--- one.txt',
    'h+++ one.txt',
    'h@@ -1 +1 @@',
    '--old',
    'h\\ No newline at end of file',
    '++new',
    'h\\ No newline at end of file',
    'h--- two.txt',
    'h+++ two.txt',
    'h@@ -0,0 +1,2 @@',
    '++@@ -1 +1 @@',
    '++\\ No newline at end of file',
  ]);
});

test('renames, modes, binary files and what was cut are around the changes', () => {
  expectKinds([
    'hdiff --git a/a.png b/b.png',
    'hsimilarity index 90%',
    'hrename from a.png',
    'hrename to b.png',
    'hBinary files a/a.png and b/b.png differ',
    'hdiff --git a/c.ts b/c.ts',
    'hold mode 100644',
    'hnew mode 100755',
    'h--- a/c.ts',
    'h+++ b/c.ts',
    'h@@ -1,2 +1 @@',
    '  a',
    '--b',
    'h[cut: the last hunk goes on]',
  ]);
});

test('an unchanged line may have lost its space, and lines may end as Windows ends them', () => {
  expectKinds(['h--- a/x\r', 'h+++ b/x\r', 'h@@ -1,3 +1,3 @@\r', ' ', '--a\r', '++b\r', '  c\r']);
});

test('a hunk that is shorter than it says ends where no line of a hunk can be', () => {
  expectKinds([
    'h@@ -1,9 +1,9 @@',
    '++a',
    'hdiff --git a/x b/x',
    'h--- a/x',
    'h+++ b/x',
    'h@@ -1 +0,0 @@',
    '--b',
  ]);
});

test('text that is no diff has no changed lines', () => {
  expectKinds(['h+ a', 'h- b', 'h']);
});
