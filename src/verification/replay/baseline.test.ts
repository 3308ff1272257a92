import { expect, test } from 'vitest';
import type { PrecisionVerdict, RecallVerdict } from '#contracts/replay.ts';
import { judgedCheckpoint, unscoredVerdict } from '#testing/builders/replay-checkpoint.ts';
import { changeNumber } from '#testing/rigs/scripted-engine.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { foldClaims } from '../text/fold-claims.ts';
import { baselineAnswer, scoreBaseline } from './baseline.ts';

const answerOf = (title: string, description: string) =>
  baselineAnswer({ ...changeNumber(1), title, description });
const claimsOf = (title: string, description: string) =>
  answerOf(title, description).keyClaims.map(({ claim }) => claim);

test('a baseline repeats title and description sentence by sentence, and answers nothing', () => {
  expect(
    answerOf(
      'Bound the retries',
      'Jobs were retried for ever. Now they stop!\n\n- After 25 tries\n- For good',
    ),
  ).toEqual({
    summary:
      'Bound the retries\n\nJobs were retried for ever. Now they stop!\n\n- After 25 tries\n- For good',
    keyClaims: [
      'Bound the retries',
      'Jobs were retried for ever.',
      'Now they stop!',
      '- After 25 tries',
      '- For good',
    ].map((claim) => ({ claim, confidence: null })),
    followUpResponse: '',
  });
});

test('without a description the baseline has the title only, and without either it says nothing', () => {
  expect(answerOf('Bound the retries', ' \n').summary).toBe('Bound the retries');
  expect(claimsOf('Bound the retries', '')).toEqual(['Bound the retries']);
  expect(answerOf('', '')).toEqual({ summary: '', keyClaims: [], followUpResponse: '' });
});

test('rules, rows of dashes and pictures without words are not claims', () => {
  expect(claimsOf('Title', '---\n\n***\n🎉\nWhy: 再試行を制限する。')).toEqual([
    'Title',
    'Why: 再試行を制限する。',
  ]);
});

test('for any description, no claim is blank and every claim stands in it', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      (title, description) => {
        for (const claim of claimsOf(title, description)) {
          expect(claim.trim()).toBe(claim);
          expect(claim).not.toBe('');
          expect(`${title}\n\n${description}`).toContain(claim);
        }
      },
    ),
  );
});

test('a baseline’s claims fold into one restatement, however many sentences they have', () => {
  const change = {
    ...changeNumber(1),
    description: 'Jobs were retried for ever. After this change they stop at a bound.',
  };
  const { claims } = foldClaims(baselineAnswer(change).keyClaims, change);
  expect(claims.map(({ restatement }) => restatement)).toEqual([true]);
});

const { answerKey, precision, recall } = judgedCheckpoint({
  claims: [true],
  changes: [true, false, false, false],
  replyAccuracy: 1,
});
const key = answerKey.kind === 'made' ? answerKey.key : null;
const unscored = unscoredVerdict();

test('a baseline is scored by the key like an oracle, and its reply counts as 0', () => {
  if (key === null) throw new Error('The fixture has no key.');
  // By hand: one claim supported of the three expected, one change surfaced of four.
  expect(scoreBaseline('142', key, { precision, recall })).toEqual({
    groundTruthId: '142',
    outcome: 'scored',
    precision: 1 / 3,
    recall: 1 / 4,
    replyAccuracy: 0,
    claimsTotal: 3,
    claimsSupported: 1,
    changesTotal: 4,
    changesSurfaced: 1,
    funnel: { made: 1, cut: 0, duplicates: 0, restatements: 0, ruled: 1, supported: 1, missing: 2 },
  });
});

test('a baseline with a missing verdict has no score, which is not 0', () => {
  if (key === null) throw new Error('The fixture has no key.');
  const halves: { precision: PrecisionVerdict; recall: RecallVerdict }[] = [
    { precision: unscored, recall },
    { precision, recall: unscored },
  ];
  for (const verdicts of halves) expect(scoreBaseline('142', key, verdicts)).toBeNull();
});
