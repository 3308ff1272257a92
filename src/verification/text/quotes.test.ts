import { expect, test } from 'vitest';
import { parseDiff } from '../diff/parse-diff.ts';
import { faultOfDiffQuote, quoteCountsInDiff, quoteCountsInText } from './quotes.ts';

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

const changeOf = (path: string) => parseDiff(`--- a/${path}\n+++ b/${path}\n@@ -1,1 +1,1 @@\n-one\n+other\n`);

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
  expect(quoteCountsInDiff(quote, diff, 'In src/retry.ts the limit is now 5.')).toBe(counts);
});

test.each([
  ['backticks around it', '`const limit = 5;`'],
  ['typographic quotation marks around it', '“const limit = 5;”'],
  ['wrappers in wrappers', '"`const limit = 5;`"'],
  ['guillemets around it', '« const limit = 5; »'],
  ['a closing ellipsis', 'const limit = 5...'],
  ['a closing ellipsis in one character', 'const limit = 5…'],
  ['a closing ellipsis in brackets', 'const limit = 5 [...]'],
  ['a sign within the wrapper', '`+const limit = 5;`'],
  ['a no-break space', 'const\u00a0limit = 5;'],
])('a quote of the diff counts with %s', (_name, quote) => {
  expect(faultOfDiffQuote(quote, diff, '')).toBeNull();
});

test('typographic forms are the same on either side', () => {
  const prose = parseDiff(
    '--- a/a.md\n+++ b/a.md\n@@ -1,1 +1,2 @@\n+It’s a “limit” – five tries\n+say "five tries" aloud\n',
  );
  expect(faultOfDiffQuote('It\'s a "limit" - five tries', prose, '')).toBeNull();
  // Its own quotation marks are no wrapper.
  expect(faultOfDiffQuote('say "five tries"', prose, '')).toBeNull();
  expect(faultOfDiffQuote('"five tries" aloud', prose, '')).toBeNull();
});

test.each([
  ['its path', 'Changes src/retry.ts.', true],
  ['its name', 'Changes retry.ts.', true],
  ['its name as a name of code', 'Changes the module `retry`.', true],
  ['a word that its name may be', 'Adds a retry.', false],
  ['another file', 'Changes src/try.ts.', false],
  ['nothing', 'Raises the limit.', false],
])('a header counts for a claim that names %s: %s', (_name, claim, counts) => {
  expect(quoteCountsInDiff('+++ b/src/retry.ts', diff, claim)).toBe(counts);
});

test.each([
  ['bin/build', 'The build is faster now.', false],
  ['bin/build', 'Build is faster now.', false],
  ['bin/build', 'The lint/build step is faster now.', false],
  ['bin/build', 'The script `build` is faster now.', true],
  ['bin/build', 'The script bin/build is faster now.', true],
  ['.husky/pre-commit', 'Adds a pre-commit check.', false],
  ['.husky/pre-commit', 'Adds a check to .husky/pre-commit.', true],
  ['LICENSE', 'Every file has a license now.', false],
  ['LICENSE', 'The LICENSE has a new year.', true],
  ['docker/Makefile', 'The Makefile has a new goal.', true],
  ['src/read-only.ts', 'The answer is read-only now.', false],
  ['src/button.tsx', 'The `Button` is wider.', true],
  ['src/Button.tsx', 'A button is wider.', false],
  ['src/Button.tsx', 'The Button is wider.', true],
])('the header of %s, whose name may be a word, counts for "%s": %s', (path, claim, counts) => {
  expect(quoteCountsInDiff(`+++ b/${path}`, changeOf(path), claim)).toBe(counts);
});

test.each([
  ['src/a/index.ts', 'Changes src/b/index.ts.', false],
  ['src/a/index.ts', 'Changes `b/index.ts`.', false],
  ['src/a/index.ts', 'Changes src/b/index.', false],
  ['src/a/index.ts', 'Changes other/src/a/index.ts.', false],
  ['src/a/index.ts', 'Changes my-index.ts and old.index.ts.', false],
  ['src/a/index.ts', 'Changes index.ts.bak.', false],
  ['index.ts', 'Changes src/index.ts.', false],
  ['src/a/index.ts', 'Changes src/b/index.ts and src/a/index.ts.', true],
  ['src/a/index.ts', 'Changes (a/index.ts).', true],
  ['src/a/index.ts', 'Changes ./src/a/index.', true],
  ['src/a/index.ts', 'Changes **index.ts**, too.', true],
  ['src/[id]/(all)/page.tsx', 'Changes [id]/(all)/page.tsx.', true],
  ['my docs/read me.md', 'Changes my docs/read me.md.', true],
  ['README.md', 'Changes README.de.md.', false],
])('the header of %s, beside files of its name, counts for "%s": %s', (path, claim, counts) => {
  expect(quoteCountsInDiff(`+++ b/${path}`, changeOf(path), claim)).toBe(counts);
});

test.each([
  ['', 'no quote was given'],
  ['limit', 'it is shorter than 10 characters, and no whole changed line'],
  ['const limit = 7;', 'it stands on no single changed line'],
  ['+++ b/src/retry.ts', 'it is the header of a file that the text does not name'],
])('what is wrong with the quote %j is said in words of the program alone', (quote, fault) => {
  expect(faultOfDiffQuote(quote, diff, 'Raises the limit.')).toBe(fault);
});

test.each([
  ['a passage', 'raises the limit', 'It raises the\nlimit to 5.', true],
  ['9 non-space characters', 'the limit', 'It raises the limit to 5.', false],
  ['no word of 3 letters', '12 34 56 78 90', 'Counts 12 34 56 78 90.', false],
  ['the whole of a short text', 'Fix typo', 'Fix typo ', true],
  ['absent words', 'lowers the limit', 'It raises the limit to 5.', false],
  ['wrappers and an ellipsis', '“raises the limit…”', 'It raises the limit to 5.', true],
  ['nothing', '', '', false],
])('a quote of a summary: %s', (_name, quote, text, counts) => {
  expect(quoteCountsInText(quote, text)).toBe(counts);
});
