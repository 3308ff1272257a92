import { expect, test } from 'vitest';
import { parseDiff } from '../diff/parse-diff.ts';
import { quoteCountsInDiff, quoteCountsInText } from './quotes.ts';

const diff = parseDiff(`diff --git a/src/retry.ts b/src/retry.ts
index 111..222 100644
--- a/src/retry.ts
+++ b/src/retry.ts
@@ -1,4 +1,5 @@
 export const unchangedNeighbour = true;
-const limit   = 3;
+const limit	= 5;
+x = 1
+}
+
 return unchanged;
`);

test.each([
  ['a passage of one changed line', 'const limit = 5', true],
  ['folded white space', '  const   limit =  3; ', true],
  ['a kept sign', '+const limit = 5;', true],
  ['a kept sign with a space', '- const limit = 3;', true],
  ['a file header', '+++ b/src/retry.ts', true],
  ['the path in a file header', 'src/retry.ts', true],
  ['a short but whole changed line', 'x = 1', true],
  ['a short but whole changed line with its sign', '+x = 1', true],
  ['an unchanged line', 'export const unchangedNeighbour', false],
  ['two changed lines at once', 'const limit = 3; const limit = 5;', false],
  ['two changed lines with a line break', 'const limit = 5;\nx = 1', false],
  ['a short part of a changed line', 'limit', false],
  ['words that are not in the diff', 'const limit = 7;', false],
  ['different case', 'CONST LIMIT = 5;', false],
  ['a whole line of punctuation', '}', false],
  ['an empty quote, even with a blank changed line', '', false],
  ['only white space', '   ', false],
])('a quote of the diff: %s', (_name, quote, counts) => {
  expect(quoteCountsInDiff(quote, diff)).toBe(counts);
});

test.each([
  ['a passage', 'raises the limit', 'It raises the\nlimit to 5.', true],
  ['9 non-space characters', 'the limit', 'It raises the limit to 5.', false],
  ['no word of 3 letters', '12 34 56 78 90', 'Counts 12 34 56 78 90.', false],
  ['the whole of a short text', 'Fix typo', 'Fix typo ', true],
  ['absent words', 'lowers the limit', 'It raises the limit to 5.', false],
  ['nothing', '', '', false],
])('a quote of a summary: %s', (_name, quote, text, counts) => {
  expect(quoteCountsInText(quote, text)).toBe(counts);
});
