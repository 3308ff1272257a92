import { describe, expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { foldClaims, maxClaimCharacters, maxClaims } from './fold-claims.ts';

const groundTruth: GroundTruth = {
  id: '7',
  title: 'Retry uploads that time out',
  description: 'Uploads to slow buckets failed at the first time-out.\n\nThey are now tried three times.',
  diff: `diff --git a/src/upload/send.ts b/src/upload/send.ts
--- a/src/upload/send.ts
+++ b/src/upload/send.ts
@@ -10,6 +10,12 @@ export async function send(file: File) {
   const bucket = openBucket(file.owner);
-  return bucket.put(file, { timeoutMs: 5000 });
+  for (let attempt = 0; attempt < maxAttempts; attempt++) {
+    const outcome = await bucket.put(file, { timeoutMs: 20000 });
+    if (outcome !== 'timeout') return outcome;
+    await sleep(backoff(attempt));
+  }
+  throw new UploadTimeout(file.name);
 }
diff --git a/docs/upload.md b/docs/upload.md
--- a/docs/upload.md
+++ b/docs/upload.md
@@ -3,1 +3,2 @@
-An upload fails when the bucket does not answer within five seconds.
+An upload is tried three times, each with twenty seconds, before it fails.
+Waiting between attempts doubles.
`,
  filesChanged: ['src/upload/send.ts', 'docs/upload.md'],
  mergedAt: '2026-01-05T00:00:00Z',
  mergeCommit: null,
  labels: [],
  author: null,
  url: null,
  repository: 'acme/buckets',
};

const claims = (...texts: string[]) => texts.map((claim) => ({ claim, confidence: null }));
const fold = (...texts: string[]) => foldClaims(claims(...texts), groundTruth);

describe('a claim restates', () => {
  test.each([
    [
      'nothing left after stop words and diff words',
      'This pull request adds new code and updates several files.',
    ],
    ['nothing at all', ''],
    ['only punctuation', '---'],
    ['a file name', 'Updates src/upload/send.ts.'],
    ['two words of a path', 'Changes upload docs'],
    ['all words on one changed line', 'Adds `maxAttempts` for each attempt'],
    ['one line and the path of its file', 'In upload/send.ts, sleep uses backoff of the attempt.'],
    ['one line respelt', 'throw new upload timeout with file name'],
    ['a removed line', 'Removes `return bucket.put(file, { timeoutMs: 5000 })`'],
    ['a changed line said back', "if (outcome !== 'timeout') return outcome;"],
    ['an unchanged line said back', 'Now const bucket = openBucket(file.owner) is used there'],
    ['the title said back', 'Retry uploads that time out'],
    ['the title with a word before', 'This will retry uploads that time out'],
    ['the description said back, over its line break', 'first time-out. They are now tried, three times'],
    [
      'half of its words copied from lines',
      'An upload is tried three times, hence resilience went up markedly',
    ],
  ])('%s', (_name, claim) => {
    expect(fold(claim).claims).toMatchObject([{ restatement: true }]);
  });
});

describe('a claim does not restate', () => {
  test.each([
    [
      'facts of two lines',
      'Gives each put 20 s (timeoutMs 20000 instead of 5000) and sleeps between attempts.',
    ],
    [
      'plain words about the change',
      'Slow uploads get several chances with growing pauses instead of failing at once.',
    ],
    ['code and documentation together', 'The documentation now says twenty seconds, matching timeoutMs.'],
    [
      'less than half of its words copied',
      'Because an upload is tried repeatedly, transient bucket stalls no longer reach callers as errors',
    ],
    ['another language', 'Langsame Uploads werden mehrmals versucht, mit wachsenden Pausen.'],
    ['an invention', 'Introduces a Redis cache for bucket credentials.'],
    ['a negation of a line', 'It never throws UploadTimeout.'],
  ])('%s', (_name, claim) => {
    expect(fold(claim).claims).toMatchObject([{ restatement: false }]);
  });
});

test('claims of the same words after case, punctuation and stop words are one', () => {
  const { claims: folded, claimsMade } = fold(
    'Slow uploads get several chances.',
    'Buckets are opened lazily.',
    'slow UPLOADS, get the several chances!',
    'Several chances get slow uploads',
  );
  expect(claimsMade).toBe(4);
  expect(folded).toEqual([
    {
      id: 'c1',
      members: [0, 2, 3],
      restatement: false,
      texts: ['Slow uploads get several chances.', 'Several chances get slow uploads'],
    },
    { id: 'c2', members: [1], restatement: false, texts: ['Buckets are opened lazily.'] },
  ]);
});

test('all restatements are one claim, with each distinct text once', () => {
  expect(
    fold(
      'Updates docs/upload.md',
      'Uploads pause longer after each failure.',
      'updates docs/upload.md!',
      'Adds backoff',
    ).claims,
  ).toEqual([
    { id: 'c1', members: [0, 2, 3], restatement: true, texts: ['Updates docs/upload.md', 'Adds backoff'] },
    { id: 'c2', members: [1], restatement: false, texts: ['Uploads pause longer after each failure.'] },
  ]);
});

test('claims beyond the cap are cut and counted, and long ones are shortened', () => {
  const many = Array.from({ length: maxClaims + 7 }, (_, n) => `Invents quirk ${n} elsewhere`);
  expect(fold(...many)).toMatchObject({ claimsMade: 57, claimsCut: 7, charactersCut: 0 });
  expect(fold(...many).claims).toHaveLength(maxClaims);
  const long = fold(`Invents ${'x'.repeat(1000)}`);
  expect(long.charactersCut).toBe(1008 - maxClaimCharacters);
  expect(long.claims[0]?.texts[0]).toHaveLength(maxClaimCharacters);
});

test('no claims fold into none', () => {
  expect(foldClaims([], groundTruth)).toEqual({ claimsMade: 0, claimsCut: 0, charactersCut: 0, claims: [] });
});

test('a large diff and fifty long claims are folded fast', () => {
  const line = (n: number) => `+  const shared${n % 50} = compute(${n}, 'lorem ipsum dolor sit amet');`;
  const lines = Array.from({ length: 1800 }, (_, n) => line(n)).join('\n');
  const large = { ...groundTruth, diff: `--- a/x.ts\n+++ b/x.ts\n@@ -0,0 +1,1800 @@\n${lines}\n` };
  const long = Array.from(
    { length: 50 },
    (_, n) => `compute lorem ipsum shared${n} dolor ${'const sit amet '.repeat(30)}`,
  );
  const start = performance.now();
  foldClaims(claims(...long), large);
  expect(performance.now() - start).toBeLessThan(1500);
});
