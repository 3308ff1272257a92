import { expect, test } from 'vitest';
import type { BaselineVerdicts } from '#contracts/replay.ts';
import { judgedCheckpoint, unscoredVerdict } from '#testing/builders/replay-checkpoint.ts';
import { says, verdict, verdictMaterial } from '#testing/builders/verdict-material.ts';
import { changeNumber } from '#testing/rigs/scripted-engine.ts';
import { scriptedJudge } from '#testing/rigs/scripted-judge.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import type { JudgeTask } from '../judges/judge.ts';
import { judgePrecision } from '../judging/verdicts.ts';
import { baselineAnswer, judgesBaseline, scoreBaseline } from './baseline.ts';

const answerOf = (title: string, description: string) =>
  baselineAnswer({ ...changeNumber(1), title, description });
const claimsOf = (title: string, description: string) =>
  answerOf(title, description).keyClaims.map(({ claim }) => claim);

test('a baseline repeats title and description sentence by sentence, and replies with the description', () => {
  expect(
    answerOf(
      'Bound the retries',
      'Jobs were retried for ever. Now they stop!\n\n- After 25 tries\n- For good',
    ),
  ).toMatchObject({
    summary:
      'Bound the retries\n\nJobs were retried for ever. Now they stop!\n\n- After 25 tries\n- For good',
    keyClaims: [
      'Bound the retries',
      'Jobs were retried for ever.',
      'Now they stop!',
      '- After 25 tries',
      '- For good',
    ].map((claim) => ({ claim, confidence: null })),
    followUpResponse: 'Jobs were retried for ever. Now they stop!\n\n- After 25 tries\n- For good',
  });
});

test('trailers are no part of a baseline', () => {
  expect(
    answerOf(
      'Bound the retries',
      'They stop after 25.\n\nSigned-off-by: A <a@example.org>\nReviewed-on: https://forge.example/pulls/2\nFixes #12',
    ),
  ).toMatchObject({
    summary: 'Bound the retries\n\nThey stop after 25.',
    followUpResponse: 'They stop after 25.',
  });
});

test('without a description the baseline has the title only, and without either it says nothing', () => {
  expect(answerOf('Bound the retries', ' \n').summary).toBe('Bound the retries');
  expect(claimsOf('Bound the retries', '')).toEqual(['Bound the retries']);
  expect(answerOf('', '')).toMatchObject({ summary: '', keyClaims: [], followUpResponse: '' });
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

test('a baseline’s claims are not folded for standing in title and description, but for restating the diff', async () => {
  const change = {
    ...changeNumber(1),
    description:
      'Jobs were retried for ever. After this change they stop at a bound. Jobs were retried, for ever!',
  };
  const supportsNone = (task: JudgeTask) =>
    task.measure === 'precision'
      ? says(...task.claims.map(({ id }) => verdict(id, 'not_supported')))
      : says();
  const folded = async (isBaseline: boolean) => {
    const judge = scriptedJudge(...Array.from({ length: 4 }, () => supportsNone));
    const material = verdictMaterial(judge, baselineAnswer(change));
    const verdict = await judgePrecision({ ...material, groundTruth: change, isBaseline });
    if (verdict.kind !== 'judged') throw new Error('The scripted judge gives every verdict.');
    return verdict.claims.map(({ members }) => members.length);
  };
  expect(await folded(false)).toEqual([4]);
  expect(await folded(true)).toEqual([1, 2, 1]);
});

test('the baseline is judged on the first changes of the draw, and on the same share of those that replace others', () => {
  const run = { seed: 's', limit: 100, baselineReplays: 40 };
  const judged = (position: number) => judgesBaseline(run, { position, groundTruthId: `${position}` });
  const places = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
  expect(places(0, 100).filter(judged)).toEqual(places(0, 40));
  // Of 2,000 replacements about 800: three standard errors are 66.
  expect(Math.abs(places(100, 2100).filter(judged).length - 800)).toBeLessThan(66);
  const all = { ...run, baselineReplays: 1000 };
  expect(places(0, 200).every((position) => judgesBaseline(all, { position, groundTruthId: 'x' }))).toBe(
    true,
  );
  const none = { ...run, baselineReplays: 0 };
  expect(places(0, 200).some((position) => judgesBaseline(none, { position, groundTruthId: 'x' }))).toBe(
    false,
  );
});

const { answerKey, precision, recall, reply } = judgedCheckpoint({
  claims: [true],
  changes: [true, false, false, false],
  replyAccuracy: 1,
});
const key = answerKey.kind === 'made' ? answerKey.key : null;
const unscored = unscoredVerdict();

test('a baseline is scored by the key like an oracle, in all three measures', () => {
  if (key === null) throw new Error('The fixture has no key.');
  // By hand: one claim supported of the three expected, one change surfaced of four.
  expect(scoreBaseline('142', key, { precision, recall, reply })).toEqual({
    groundTruthId: '142',
    outcome: 'scored',
    precision: 1 / 3,
    recall: 1 / 4,
    replyAccuracy: 1,
    claimsTotal: 3,
    claimsSupported: 1,
    changesTotal: 4,
    changesSurfaced: 1,
    funnel: { made: 1, cut: 0, duplicates: 0, restatements: 0, ruled: 1, supported: 1, missing: 2 },
  });
});

test('a baseline with a missing verdict has no score, which is not 0', () => {
  if (key === null) throw new Error('The fixture has no key.');
  const lacking: BaselineVerdicts[] = [
    { precision: unscored, recall, reply },
    { precision, recall: unscored, reply },
    { precision, recall, reply: unscored },
  ];
  for (const verdicts of lacking) expect(scoreBaseline('142', key, verdicts)).toBeNull();
});
