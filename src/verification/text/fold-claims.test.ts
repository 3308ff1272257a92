import { describe, expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { bareChange } from '#testing/builders/bare-change.ts';
import { startCpuTime } from '#testing/rigs/cpu-time.ts';
import { foldClaims } from './fold-claims.ts';

const groundTruth = bareChange({
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
  repository: 'acme/buckets',
});

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
    [
      'at most three words, each from a different changed line of one file',
      'In send.ts, maxAttempts comes before backoff, and UploadTimeout still later.',
    ],
    ['the same without the file, with another word of position', '`backoff` follows maxAttempts'],
    ['ordinary words and nothing else', 'It now handles more cases correctly, as usual.'],
    ['one line in another spelling', 'throw new upload timeout with file name'],
    ['a removed line', 'Removes `return bucket.put(file, { timeoutMs: 5000 })`'],
    ['a repeated changed line', "if (outcome !== 'timeout') return outcome;"],
    ['a repeated unchanged line', 'Now const bucket = openBucket(file.owner) is used there'],
    ['the repeated title', 'Retry uploads that time out'],
    ['the title after some other words', 'This will retry uploads that time out'],
    ['the repeated description, across its line break', 'first time-out. They are now tried, three times'],
    [
      'half of its words copied from a line',
      'An upload is tried three times, hence resilience went up markedly',
    ],
  ])('%s', (_name, claim) => {
    expect(fold(claim)).toMatchObject([{ restatement: true }]);
  });
});

describe('a claim does not restate', () => {
  test.each([
    [
      'facts from two lines',
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
    [
      'four words, each from a different changed line',
      'In send.ts, bucket, maxAttempts, backoff and UploadTimeout occur.',
    ],
    [
      'three words from removed and added lines: a value that changes',
      '`timeoutMs` changes from 5000 to 20000.',
    ],
    ['three words from two files', 'maxAttempts doubles while waiting.'],
    [
      'three words, one of them only on unchanged lines',
      'In send.ts, owner comes before maxAttempts and backoff.',
    ],
    ['an invention', 'Introduces a Redis cache for bucket credentials.'],
    ['a word that is on no line, beside words of one line', 'It throws UploadTimeout.'],
    ['a negation, which counts as a word', 'It does never throw UploadTimeout with a file name.'],
  ])('%s', (_name, claim) => {
    expect(fold(claim)).toMatchObject([{ restatement: false }]);
  });
});

describe('whether two claims are the same', () => {
  test.each([
    [true, 'case', 'Slow uploads get several chances', 'SLOW Uploads get several chances'],
    [
      true,
      'punctuation and white space',
      'Slow uploads get several chances',
      '  slow – uploads, get:\n“several” chances!!',
    ],
    [
      true,
      'stop words',
      'Slow uploads get several chances',
      'Then these slow uploads will get several chances',
    ],
    [true, 'order', 'Slow uploads get several chances', 'Several chances get slow uploads'],
    [true, 'repetition', 'Slow uploads get several chances', 'Slow, slow uploads get several chances'],
    [true, 'the spelling of identifiers', 'Gives slowUploads chances', 'gives SLOW_UPLOADS chances'],
    [
      true,
      'wide characters, by compatibility normalisation',
      'Slow uploads get 7 chances',
      'Slow uploads get ７ chances',
    ],
    [
      false,
      'diff words, which may be the only difference',
      'Chances are added for slow uploads',
      'Chances are removed for slow uploads',
    ],
    [false, 'a negation', 'Slow uploads get several chances', 'Slow uploads never get several chances'],
    [false, 'a number', 'Slow uploads get 7 chances', 'Slow uploads get 8 chances'],
    [false, 'a synonym', 'Slow uploads get several chances', 'Slow uploads get many chances'],
    [true, 'case in Russian', 'Медленные загрузки получают шансы', 'МЕДЛЕННЫЕ ЗАГРУЗКИ ПОЛУЧАЮТ ШАНСЫ'],
    [true, 'order in German', 'Langsame Uploads warten länger', 'Länger warten langsame Uploads'],
    [
      false,
      'a German article: the list of stop words is English',
      'Die Uploads warten länger',
      'Uploads warten länger',
    ],
    [
      true,
      'the form of an apostrophe in French',
      'L’envoi lent attend plus longtemps',
      "L'envoi lent attend plus longtemps",
    ],
    [
      false,
      'an accent in French, which can make a different word',
      'Le fichier est envoyé',
      'Le fichier est envoye',
    ],
    [true, 'a full stop in Chinese', '慢速上传会等待更长时间', '慢速上传会等待更长时间。'],
    [true, 'brackets in Japanese', '遅いアップロードは長く待つ', '「遅いアップロード」は長く待つ。'],
    [true, 'punctuation in Arabic', 'ينتظر التحميل البطيء مدة أطول', 'ينتظر التحميل البطيء، مدة أطول!'],
    [true, 'a danda in Hindi', 'धीमे अपलोड अधिक प्रतीक्षा करते हैं', 'धीमे अपलोड अधिक प्रतीक्षा करते हैं।'],
    [true, 'spaces between words in Thai', 'การอัปโหลดช้าจะรอนานขึ้น', 'การอัปโหลดช้า จะรอนานขึ้น'],
  ])('%s for claims that differ in %s', (same, _difference, first, second) => {
    expect(fold(first, second)).toHaveLength(same ? 1 : 2);
  });
});

const phrases = {
  'locales/de.json': 'Der Upload wird dreimal versucht, bevor er fehlschlägt.',
  'locales/fr.json': 'L’envoi est tenté trois fois avant d’échouer.',
  'locales/ru.json': 'Загрузка повторяется три раза, прежде чем завершиться ошибкой.',
  'locales/zh.json': '上传失败之前会重试三次。',
  'locales/ja.json': 'アップロードは失敗する前に三回再試行されます。',
  'locales/ar.json': 'تتم محاولة التحميل ثلاث مرات قبل أن تفشل.',
  'locales/hi.json': 'अपलोड विफल होने से पहले तीन बार आज़माया जाता है।',
  'locales/th.json': 'การอัปโหลดจะลองสามครั้งก่อนล้มเหลว',
};
const translated: GroundTruth = {
  ...groundTruth,
  title: 'Translate',
  description: '',
  diff: Object.entries(phrases)
    .map(([path, phrase]) => `--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,2 @@\n+${phrase}\n+retryHint\n`)
    .join(''),
};

describe('whether a claim restates in other languages and scripts', () => {
  test.each([
    [true, 'German, a repeated line', 'Neu: Der Upload wird dreimal versucht, bevor er fehlschlägt.'],
    [
      true,
      'German, the words of one line in another order',
      'Bevor er fehlschlägt, wird der Upload dreimal versucht.',
    ],
    [true, 'German, three words of two lines', 'Upload, retryHint, dreimal'],
    [false, 'German, words of its own', 'Langsame Uploads werden mehrmals versucht, mit wachsenden Pausen.'],
    [true, 'French, a repeated line', 'L’envoi est tenté trois fois avant d’échouer'],
    [false, 'French, words of its own', 'Un envoi qui échoue est repris jusqu’à trois fois.'],
    [true, 'Russian, a repeated line', 'Загрузка повторяется три раза, прежде чем завершиться ошибкой'],
    [
      true,
      'Russian, half of the words in a run of four',
      'Теперь загрузка повторяется три раза без участия пользователя',
    ],
    [false, 'Russian, words of its own', 'Медленная загрузка получает ещё несколько попыток.'],
    [true, 'Chinese, a repeated line', '上传失败之前会重试三次'],
    [false, 'Chinese, words of its own', '慢速上传现在有更多机会，不再立即报错。'],
    [true, 'Japanese, a repeated line', 'アップロードは失敗する前に三回再試行されます'],
    [false, 'Japanese, words of its own', '遅い通信でもすぐにはエラーにならない。'],
    [true, 'Arabic, a repeated line', 'تتم محاولة التحميل ثلاث مرات قبل أن تفشل'],
    [false, 'Arabic, words of its own', 'تحصل الملفات البطيئة على فرص إضافية.'],
    [true, 'Hindi, a repeated line', 'अपलोड विफल होने से पहले तीन बार आज़माया जाता है'],
    [false, 'Hindi, words of its own', 'धीमी फ़ाइलों को अब और मौके मिलते हैं।'],
    [true, 'Thai, a repeated line', 'การอัปโหลดจะลองสามครั้งก่อนล้มเหลว'],
    [false, 'Thai, words of its own', 'ไฟล์ช้าได้รับโอกาสเพิ่มขึ้น'],
    [
      false,
      'a translation of a line, which shares no word with it',
      'An upload is tried three times before it gives up.',
    ],
  ])('%s for %s', (restatement, _reason, claim) => {
    expect(foldClaims(claims(claim), translated)).toMatchObject([{ restatement }]);
  });
});

test('claims with the same words after case, punctuation and stop words are one claim', () => {
  const folded = fold(
    'Slow uploads get several chances.',
    'Buckets are opened lazily.',
    'slow UPLOADS, get the several chances!',
    'Several chances get slow uploads',
  );
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

test('all restatements together are one claim, with each distinct text once', () => {
  expect(
    fold(
      'Updates docs/upload.md',
      'Uploads pause longer after each failure.',
      'updates docs/upload.md!',
      'Adds backoff',
    ),
  ).toEqual([
    { id: 'c1', members: [0, 2, 3], restatement: true, texts: ['Updates docs/upload.md', 'Adds backoff'] },
    { id: 'c2', members: [1], restatement: false, texts: ['Uploads pause longer after each failure.'] },
  ]);
});

test('an empty list of claims folds into an empty list', () => {
  expect(foldClaims([], groundTruth)).toEqual([]);
});

const largeDiffs: [string, string, (n: number) => string][] = [
  [
    'one file whose lines share their words',
    `--- a/x.ts\n+++ b/x.ts\n@@ -0,0 +1,1800 @@\n${Array.from(
      { length: 1800 },
      (_, n) => `+  const shared${n % 50} = compute(${n}, 'lorem ipsum dolor sit amet');\n`,
    ).join('')}`,
    (n) => `compute lorem ipsum shared${n} dolor ${'const sit amet '.repeat(30)}`,
  ],
  [
    'as many files as lines',
    Array.from(
      { length: 1800 },
      (_, n) => `--- a/x${n}.ts\n+++ b/x${n}.ts\n@@ -0,0 +1 @@\n+lorem ipsum dolor sit ${n}\n`,
    ).join(''),
    (n) => `lorem ipsum dolor sit ${Array.from({ length: 80 }, (_, at) => n + at).join(' ')}`,
  ],
];

test.each(largeDiffs)('a large diff and fifty long claims are folded fast: %s', (_name, diff, claimOf) => {
  const long = Array.from({ length: 50 }, (_, n) => claimOf(n));
  const cpuMs = startCpuTime();
  foldClaims(claims(...long), { ...groundTruth, diff });
  expect(cpuMs()).toBeLessThan(1500);
});

test('a claim with a decidable fact is no restatement, and the same fact again is a duplicate', () => {
  const diff = `--- a/src/a.ts\n+++ b/src/a.ts\n@@ -0,0 +1,2 @@\n+const alpha = 1;\n+const beta = 2;\n`;
  const change = bareChange({ title: 'Add constants', diff, repository: 'acme/a' });
  const claims = ['Adds alpha in src/a.ts.', 'Introduces alpha.', 'Adds alpha and beta.', 'Adds beta.'].map(
    (claim) => ({ claim, confidence: null }),
  );
  const factsOf = (text: string) => ['alpha', 'beta'].filter((name) => text.includes(name));
  const folded = (facts?: typeof factsOf) =>
    foldClaims(claims, change, facts).map(({ members, restatement }) => ({ members, restatement }));
  expect(folded(factsOf)).toEqual([
    { members: [0, 1], restatement: false },
    { members: [2, 3], restatement: false },
  ]);
  expect(folded()).toEqual([{ members: [0, 1, 2, 3], restatement: true }]);
});
