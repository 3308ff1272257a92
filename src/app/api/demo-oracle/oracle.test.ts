import { expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleRequest } from '#contracts/oracle.ts';
import { fixtureChanges, meansOf, oracleAnswer, replayFixture } from '#testing/builders/judged-fixtures.ts';
import { startCpuTime } from '#testing/rigs/cpu-time.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import { foldClaims } from '#verification/text/fold-claims.ts';
import { answerAsDemoOracle } from './oracle.ts';

const requestFor = (change: GroundTruth, question = ''): OracleRequest => ({
  pr: {
    id: change.id,
    title: change.title,
    description: change.description,
    diff_content: change.diff,
    files_changed: change.filesChanged,
  },
  follow_up_question: question,
});

const changes = fixtureChanges();

test('under the offline check it is good but not perfect', async () => {
  const judge = offlineJudge();
  const scores = await Promise.all(
    changes.map(async (change) => {
      const { score } = await replayFixture(change, judge, (request) => {
        const answer = answerAsDemoOracle(request);
        return oracleAnswer(answer.summary, answer.key_claims, answer.follow_up_response);
      });
      return score;
    }),
  );
  const { precision, recall, reply, composite } = meansOf(scores);
  expect(precision).toBeGreaterThan(0.6);
  expect(recall).toBeGreaterThan(0.5);
  expect(reply).toBeGreaterThan(0.8);
  expect(composite).toBeGreaterThan(0.6);
  expect(composite).toBeLessThan(0.95);
});

test('it makes at least three claims about most changes, and few of them restate a line', () => {
  const answers = changes.map((change) => ({
    change,
    claims: answerAsDemoOracle(requestFor(change)).key_claims,
  }));
  expect(answers.filter(({ claims }) => claims.length >= 3).length / answers.length).toBeGreaterThan(0.8);
  for (const { claims } of answers) expect(claims.length).toBeLessThanOrEqual(6);
  const folded = answers.map(({ change, claims }) =>
    foldClaims(
      claims.map((claim) => ({ claim, confidence: null })),
      change,
    ),
  );
  const restated = folded.flatMap((claims) => claims.filter(({ restatement }) => restatement));
  expect(
    restated.flatMap(({ members }) => members).length / answers.flatMap(({ claims }) => claims).length,
  ).toBeLessThan(0.2);
});

const uploads = changes.find(({ id }) => id === '101');

test.each([
  ['In `src/upload/send.ts`, to which value is `timeoutMs` changed?', /\b20_000\b/],
  ['What is the default number of `maxAttempts` in send.ts?', /\b4\b/],
  ['Which class is newly defined in `src/upload/errors.ts`?', /UploadTimeout/],
  [
    'Which word is missing in this changed line of `src/upload/send.ts`: throw new UploadTimeout(file.name, ____);',
    /\bmaxAttempts\b/,
  ],
  ['What does the code do after an attempt whose outcome is a timeout, sleep or return?', /sleep|timeout/],
])('it answers by searching the diff: %s', (question, expected) => {
  if (!uploads) throw new Error('The fixtures hold change 101.');
  expect(answerAsDemoOracle(requestFor(uploads, question)).follow_up_response).toMatch(expected);
});

test('if the diff tells it nothing, it says so', () => {
  const answer = answerAsDemoOracle({
    pr: { id: '1', title: 'Nothing', description: '', diff_content: 'no diff', files_changed: [] },
    follow_up_question: 'Which function is new?',
  });
  expect(answer).toEqual({
    summary: 'The change is titled “Nothing”; its diff names nothing that I can read.',
    key_claims: [],
    follow_up_response: 'The diff that I was given does not say.',
    metadata: { oracle: 'echelon-verify demonstration oracle' },
  });
});

test.each<[string, { follow_up_question?: string; diff_content?: string }]>([
  ['a long question', { follow_up_question: 'x _'.repeat(300_000) }],
  ['one long line', { diff_content: `+${'name_a = 1; '.repeat(80_000)}` }],
  [
    'many names',
    { diff_content: Array.from({ length: 30_000 }, (_, n) => `+def name_${n}(): pass`).join('\n') },
  ],
  ['many values', { diff_content: Array.from({ length: 30_000 }, (_, n) => `+name_${n} = ${n}`).join('\n') }],
  ['lines that look like values', { diff_content: `+${'a'.repeat(395)}\n`.repeat(2500) }],
  ['a header of separators', { diff_content: `\ndiff --git a/x${' b/'.repeat(150_000)}\r` }],
  ['headers of separators', { diff_content: `\ndiff --git a/x${' b/'.repeat(320)}\r`.repeat(500) }],
  [
    'many files',
    {
      follow_up_question: 'a'.repeat(500_000),
      diff_content: '\ndiff --git a/aaaaaab b/aaaaaab'.repeat(15_000),
    },
  ],
  ['colons', { diff_content: `+a${': '.repeat(190)}\n`.repeat(2500) }],
])(
  'hostile input costs it a few seconds at most: %s',
  (_name, { follow_up_question = 'Which ____ is new?', diff_content = '' }) => {
    const diff = `diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -0,0 +1,30000 @@\n${diff_content}\n`;
    const request = {
      pr: {
        id: '1',
        title: '',
        description: '',
        diff_content: `${diff}${diff.replaceAll('x.py', 'y.py')}`,
        files_changed: [],
      },
      follow_up_question,
    };
    for (const character of ['good', 'mixed', 'lazy', 'liar'] as const) {
      const cpuMs = startCpuTime();
      answerAsDemoOracle(request, character);
      expect(cpuMs(), character).toBeLessThan(4000);
    }
  },
);
