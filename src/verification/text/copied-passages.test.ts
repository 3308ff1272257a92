import { describe, expect, test } from 'vitest';
import { removeCopiedPassages } from './copied-passages.ts';

const diff = `diff --git a/notes.md b/notes.md
--- a/notes.md
+++ b/notes.md
@@ -1 +1,2 @@
-The worker waits for ten seconds before it tries again.
+The worker waits for five seconds before it tries again, at most three times in all.
+Short line here.
`;

test('six words of one line are removed, and the rest stays', () => {
  expect(removeCopiedPassages('Now it waits for five seconds before it tries again. Good.', diff)).toEqual({
    text: 'Now it . Good.',
    copiedCharacters: 'waits for five seconds before it tries again'.length,
  });
});

test('five words of a line may be repeated', () => {
  const summary = 'Now waits for five seconds before any retry.';
  expect(removeCopiedPassages(summary, diff)).toEqual({ text: summary, copiedCharacters: 0 });
});

test('a run across two lines does not count as a run of one line', () => {
  const summary = 'in all short line here';
  expect(removeCopiedPassages(`three times ${summary}`, diff).copiedCharacters).toBe(0);
});

test('case, punctuation and wrapping do not hide a copied passage', () => {
  const { text, copiedCharacters } = removeCopiedPassages('WAITS for: five\nseconds -- "before" it!', diff);
  expect(text).toBe('!');
  expect(copiedCharacters).toBeGreaterThan(30);
});

test('a repeated diff leaves nothing to recall', () => {
  const { text } = removeCopiedPassages(diff, diff);
  expect(text).not.toMatch(/worker|seconds|tries/);
});

describe('a whole line of the diff is removed, however short:', () => {
  const code = `diff --git a/src/bench.ts b/src/bench.ts
new file mode 100644
rename to src/bench.ts
--- a/src/old.ts
+++ b/src/bench.ts
@@ -261,8 +261,12 @@ export const verify = async (
   input: string,
-  wait();
+  waitShort();
\\ No newline at end of file
`;
  test.each([
    ...code.trimEnd().split('\n'),
    'export const verify = async (',
    'waitShort();',
    'input:   string,',
  ])('%s', (line) => {
    expect(removeCopiedPassages(`${line}\nThe check waits less.`, code).text).not.toMatch(
      /verify|wait[(S]|input|bench|old|newline|mode/,
    );
    expect(removeCopiedPassages(`${line}\nThe check waits less.`, code).text).toContain(
      'The check waits less.',
    );
  });

  test.each(['wait(); waitShort(); ', '- `waitShort();`\n', 'wait() | waitShort() | '])(
    'also in “%s”',
    (lines) => {
      const { text } = removeCopiedPassages(`${lines}The check waits less.`, code);
      expect(text).not.toMatch(/wait[(S]/);
      expect(text).toContain('The check waits less.');
    },
  );

  test('what only mentions a name of the line stays', () => {
    const summary = 'Adds verify, which calls waitShort().';
    expect(removeCopiedPassages(summary, code)).toEqual({ text: summary, copiedCharacters: 0 });
  });
});
