import { expect, test } from 'vitest';
import { examples, fc } from '#testing/runners/fuzzing.ts';
import { parseDiff } from './parse-diff.ts';

const lines = (...parts: string[]) => `${parts.join('\n')}\n`;
const only = (diff: string) => {
  const { files } = parseDiff(diff);
  expect(files).toHaveLength(1);
  return files[0];
};

test('a changed file has its path and its changed lines with their signs', () => {
  expect(
    only(
      lines(
        'diff --git a/src/a.ts b/src/a.ts',
        'index 83db48f..bf2a0c1 100644',
        '--- a/src/a.ts',
        '+++ b/src/a.ts',
        '@@ -1,3 +1,4 @@ function a() {',
        ' one',
        '-two',
        '+zwei',
        '+drei',
        ' four',
      ),
    ),
  ).toEqual({
    path: 'src/a.ts',
    oldPath: 'src/a.ts',
    status: 'modified',
    binary: false,
    headerLines: ['diff --git a/src/a.ts b/src/a.ts', '--- a/src/a.ts', '+++ b/src/a.ts'],
    changedLines: [
      { sign: '-', text: 'two' },
      { sign: '+', text: 'zwei' },
      { sign: '+', text: 'drei' },
    ],
  });
});

test('changed lines that look like file headers stay changed lines', () => {
  const { files } = parseDiff(
    lines(
      'diff --git a/q.sql b/q.sql',
      '--- a/q.sql',
      '+++ b/q.sql',
      '@@ -1,2 +1,2 @@',
      '--- an old remark',
      '-diff --git a/x b/x',
      '+++ a sum',
      '+@@ -1 +1 @@',
      'diff --git a/z b/z',
      'deleted file mode 100644',
      '--- a/z',
      '+++ /dev/null',
      '@@ -1 +0,0 @@',
      '-z',
    ),
  );
  expect(files.map((file) => [file.path, file.status])).toEqual([
    ['q.sql', 'modified'],
    ['z', 'deleted'],
  ]);
  expect(files[0]?.changedLines.map((line) => line.text)).toEqual([
    '-- an old remark',
    'diff --git a/x b/x',
    '++ a sum',
    '@@ -1 +1 @@',
  ]);
});

test('an added file has no old path, a deleted one keeps its path', () => {
  const { files } = parseDiff(
    lines(
      'diff --git a/new b/new',
      'new file mode 100644',
      '--- /dev/null',
      '+++ b/new',
      '@@ -0,0 +1 @@',
      '+x',
      'diff --git a/old b/old',
      'deleted file mode 100644',
      '--- a/old',
      '+++ /dev/null',
      '@@ -1 +0,0 @@',
      '-x',
    ),
  );
  expect(files.map(({ path, oldPath, status }) => ({ path, oldPath, status }))).toEqual([
    { path: 'new', oldPath: null, status: 'added' },
    { path: 'old', oldPath: 'old', status: 'deleted' },
  ]);
});

test('empty added and deleted files and mode changes have a status and no changed lines', () => {
  const { files } = parseDiff(
    lines(
      'diff --git a/empty b/empty',
      'new file mode 100644',
      'diff --git a/gone b/gone',
      'deleted file mode 100644',
      'diff --git a/run.sh b/run.sh',
      'old mode 100644',
      'new mode 100755',
    ),
  );
  expect(files.map(({ path, status, changedLines }) => [path, status, changedLines.length])).toEqual([
    ['empty', 'added', 0],
    ['gone', 'deleted', 0],
    ['run.sh', 'modified', 0],
  ]);
});

test('a rename gives both paths, with or without changed lines, spaces and " b/" in the names', () => {
  const { files } = parseDiff(
    lines(
      'diff --git a/a b/c d.txt b/e b/f.txt',
      'similarity index 90%',
      'rename from a b/c d.txt',
      'rename to e b/f.txt',
      '--- a/a b/c d.txt\t',
      '+++ b/e b/f.txt\t',
      '@@ -1 +1 @@',
      '-x',
      '+y',
      'diff --git a/p.ts b/q.ts',
      'similarity index 100%',
      'rename from p.ts',
      'rename to q.ts',
      'diff --git a/p.ts b/copy.ts',
      'similarity index 100%',
      'copy from p.ts',
      'copy to copy.ts',
    ),
  );
  expect(files.map(({ path, oldPath, status }) => [oldPath, path, status])).toEqual([
    ['a b/c d.txt', 'e b/f.txt', 'renamed'],
    ['p.ts', 'q.ts', 'renamed'],
    ['p.ts', 'copy.ts', 'copied'],
  ]);
});

test('names with spaces and " b/" are read from the diff --git line when nothing else names them', () => {
  expect(only(lines('diff --git a/x b/y z b/x b/y z', 'old mode 100644', 'new mode 100755'))?.path).toBe(
    'x b/y z',
  );
});

test('quoted names are decoded from octal escapes as UTF-8', () => {
  const { files } = parseDiff(
    lines(
      'diff --git "a/\\303\\274 \\"q\\"\\t.txt" "b/\\303\\274 \\"q\\"\\t.txt"',
      '--- "a/\\303\\274 \\"q\\"\\t.txt"',
      '+++ "b/\\303\\274 \\"q\\"\\t.txt"',
      '@@ -1 +1 @@',
      '-x',
      '+y',
      'diff --git a/plain.txt "b/\\346\\227\\245.txt"',
      'similarity index 100%',
      'rename from plain.txt',
      'rename to "\\346\\227\\245.txt"',
      'diff --git "a/\\377" "b/\\377"',
      'Binary files "a/\\377" and "b/\\377" differ',
    ),
  );
  expect(files.map((file) => file.path)).toEqual(['ü "q"\t.txt', '日.txt', '\u{fffd}']);
});

test('both forms of binary files are recognised, and their data is not a changed line', () => {
  const { files } = parseDiff(
    lines(
      'diff --git a/logo.png b/logo.png',
      'index 1..2 100644',
      'Binary files a/logo.png and b/logo.png differ',
      'diff --git a/b.bin b/b.bin',
      'new file mode 100644',
      'GIT binary patch',
      'literal 10',
      '+cmZQzWMT#Y01f~L',
      '',
      'literal 0',
      'HcmV?d00001',
      '',
      'diff --git a/t b/t',
      '--- a/t',
      '+++ b/t',
      '@@ -1 +1 @@',
      '-1',
      '+2',
    ),
  );
  expect(files.map(({ path, binary, changedLines }) => [path, binary, changedLines.length])).toEqual([
    ['logo.png', true, 0],
    ['b.bin', true, 0],
    ['t', false, 2],
  ]);
});

test('a missing newline at the end of a file is not a changed line', () => {
  expect(
    only(
      lines(
        'diff --git a/a b/a',
        '--- a/a',
        '+++ b/a',
        '@@ -1 +1 @@',
        '-x',
        '\\ No newline at end of file',
        '+y',
        '\\ No newline at end of file',
      ),
    )?.changedLines,
  ).toEqual([
    { sign: '-', text: 'x' },
    { sign: '+', text: 'y' },
  ]);
});

test('carriage returns at line ends are not part of a changed line, in files and in whole diffs', () => {
  const diff = lines('diff --git a/a b/a', '--- a/a', '+++ b/a', '@@ -1,2 +1,2 @@', '-x\r', '+y\r', ' z\r');
  const expected = [
    { sign: '-', text: 'x' },
    { sign: '+', text: 'y' },
  ];
  expect(only(diff)?.changedLines).toEqual(expected);
  expect(only(diff.replace(/\r?\n/g, '\r\n'))?.changedLines).toEqual(expected);
});

test('plain unified diffs without git headers are parsed, and timestamps are left out', () => {
  const { files } = parseDiff(
    lines(
      '--- a/one.c\t2024-01-01 00:00:00',
      '+++ b/one.c\t2024-01-02 00:00:00',
      '@@ -1 +1 @@',
      '-1',
      '+2',
      '--- two.c',
      '+++ two.c',
      '@@ -1 +1 @@',
      '-1',
      '+2',
    ),
  );
  expect(files.map((file) => [file.path, file.changedLines.length])).toEqual([
    ['one.c', 2],
    ['two.c', 2],
  ]);
});

test('text that is not a diff has no files, and a truncated diff keeps what it has', () => {
  expect(parseDiff('').files).toEqual([]);
  expect(parseDiff('Hello\n@@ -1 +1 @@\n-x\n').files).toEqual([]);
  expect(
    only('diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,9 +1,9 @@\n-x\n+y')?.changedLines.map((l) => l.text),
  ).toEqual(['x', 'y']);
});

const fragment = fc.constantFrom(
  'diff --git a/x b/x',
  'diff --git "a/\\3',
  'diff --git ',
  '--- a/x',
  '+++ b/x',
  '--- ',
  '+++ "',
  '@@ -1,2 +1,2 @@',
  '@@ -1,99999999999999999999 +0,0 @@',
  '@@ -0,0 +1 @@ x',
  'rename from "\\',
  'Binary files a and b differ',
  'GIT binary patch',
  '\\ No newline at end of file',
  '+added',
  '-removed',
  ' context',
  '\r',
  '',
);

test('no text makes the parser throw, and every changed line is in the diff', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 4, arbitrary: fragment }, { weight: 1, arbitrary: fc.string() })),
      fc.constantFrom('\n', '\r\n'),
      (parts, lineBreak) => {
        const diff = parts.join(lineBreak);
        const present = new Set(diff.split('\n').map((line) => line.replace(/\r$/, '')));
        for (const file of parseDiff(diff).files) {
          for (const { sign, text } of file.changedLines) expect(present).toContain(sign + text);
        }
      },
    ),
    examples(500),
  );
});

test('a generated diff is parsed back into the same paths, signs and lines', () => {
  const text = fc.string({ unit: 'grapheme' }).map((line) => line.replace(/[\r\n]/g, ' '));
  const change = fc.record({ sign: fc.constantFrom('+' as const, '-' as const), text });
  fc.assert(
    fc.property(
      fc.array(fc.record({ name: fc.stringMatching(/^[\w.-]+( [\w.-]+)*$/), changes: fc.array(change) }), {
        maxLength: 5,
      }),
      (files) => {
        const diff = files
          .map(({ name, changes }) => {
            const count = (sign: string) => changes.filter((line) => line.sign === sign).length;
            return lines(
              `diff --git a/${name} b/${name}`,
              `--- a/${name}\t`,
              `+++ b/${name}\t`,
              `@@ -1,${count('-')} +1,${count('+')} @@`,
              ...changes.map((line) => line.sign + line.text),
            );
          })
          .join('');
        expect(parseDiff(diff).files.map(({ path, changedLines }) => ({ path, changedLines }))).toEqual(
          files.map(({ name, changes }) => ({ path: name, changedLines: changes })),
        );
      },
    ),
  );
});
