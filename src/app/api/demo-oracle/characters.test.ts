import { beforeAll, expect, test } from 'vitest';
import { fixtureChanges, meansOf, oracleAnswer, replayFixture } from '#testing/builders/judged-fixtures.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import { answerAsDemoOracle, type CharacterName } from './oracle.ts';

const names: CharacterName[] = ['good', 'mixed', 'lazy', 'liar'];
const changes = fixtureChanges();
const means = {} as Record<CharacterName, ReturnType<typeof meansOf>>;

beforeAll(async () => {
  for (const name of names) {
    const replays = await Promise.all(
      changes.map((change) =>
        replayFixture(change, offlineJudge(), (request) => {
          const answer = answerAsDemoOracle(request, name);
          return oracleAnswer(answer.summary, answer.key_claims, answer.follow_up_response);
        }),
      ),
    );
    means[name] = meansOf(replays.map(({ score }) => score));
  }
});

// Measured over the fixtures: composites of 0.73 and 0.54, precisions of 0.75 and 0.43. The other two state no true fact
// that code can decide, and get nothing.
test('under the offline check good scores above mixed, and mixed above lazy', () => {
  expect(means.good.composite - means.mixed.composite).toBeGreaterThan(0.1);
  expect(means.mixed.composite - means.lazy.composite).toBeGreaterThan(0.3);
});

test('under the offline check the liar and the lazy one get nothing, not even for right replies', () => {
  for (const name of ['lazy', 'liar'] as const) {
    expect(means[name].precision, name).toBeLessThan(0.05);
    expect(means[name].reply, name).toBeLessThan(0.05);
  }
});

const tuned = {
  pr: {
    id: '7',
    title: 'Wait longer',
    description: '',
    diff_content: `diff --git a/src/wait.ts b/src/wait.ts
--- a/src/wait.ts
+++ b/src/wait.ts
@@ -1,2 +1,3 @@
-const waitMs = 5;
+const waitMs = 9;
+export function pauseBetween() {}
-export function legacyPause() {}
`,
    files_changed: ['src/wait.ts'],
  },
  follow_up_question: 'In `src/wait.ts`, to which value is `waitMs` changed?',
};

test('each character describes the same change in its own way', () => {
  expect(answerAsDemoOracle(tuned, 'good')).toMatchObject({
    summary: expect.stringContaining(
      '`pauseBetween` is new; `legacyPause` is gone and `waitMs` goes from 5 to 9',
    ),
    key_claims: expect.arrayContaining(['`waitMs` changes from 5 to 9.']),
    follow_up_response: '`waitMs` is 9 now, where it was 5 before.',
  });
  // 3 · 9 + 4 and 3 · 5 + 4, swapped.
  expect(answerAsDemoOracle(tuned, 'liar')).toMatchObject({
    summary: expect.stringContaining(
      '`legacyPause` is new; `pauseBetween` is gone and `waitMs` goes from 31 to 19',
    ),
    key_claims: [
      '`pauseBetween` is removed from wait.ts, while `legacyPause` is added.',
      '`waitMs` changes from 31 to 19.',
      'In wait.ts, `pauseBetween` no longer occurs and `legacyPause` now occurs.',
    ],
    follow_up_response: 'It is 31.',
  });
  expect(answerAsDemoOracle(tuned, 'lazy')).toMatchObject({
    summary: '“Wait longer”: some improvements to wait.ts, and general clean-up.',
    key_claims: ['wait.ts mentions `pauseBetween`.'],
    follow_up_response: 'I have not looked at that.',
  });
  const mixed = answerAsDemoOracle(tuned, 'mixed').key_claims;
  const [good, liar] = (['good', 'liar'] as const).map((name) => answerAsDemoOracle(tuned, name).key_claims);
  expect(mixed).toEqual([good?.[0], liar?.[1], good?.[2]]);
});

test.each(names)('the same request always gets the same answer: %s', (name) => {
  expect(answerAsDemoOracle(tuned, name)).toEqual(answerAsDemoOracle(structuredClone(tuned), name));
});

test.each(names)('text that is not a diff gets no claims, and nothing breaks: %s', (name) => {
  const request = { pr: { ...tuned.pr, diff_content: 'no diff' }, follow_up_question: '' };
  expect(answerAsDemoOracle(request, name).key_claims).toEqual([]);
});
