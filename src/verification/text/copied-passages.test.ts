import { expect, test } from 'vitest';
import { parseDiff } from '../diff/parse-diff.ts';
import { removeCopiedPassages } from './copied-passages.ts';

const diff = `diff --git a/notes.md b/notes.md
--- a/notes.md
+++ b/notes.md
@@ -1 +1,2 @@
-The worker waits for ten seconds before it tries again.
+The worker waits for five seconds before it tries again, at most three times in all.
+Short line here.
`;

test.each([
  ['raw', diff],
  ['parsed', parseDiff(diff)],
])('six words of one line are removed, and the rest stays (%s diff)', (_name, given) => {
  expect(removeCopiedPassages('Now it waits for five seconds before it tries again. Good.', given)).toEqual({
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
