import { expect, test } from 'vitest';
import { noUsage } from '#contracts/replay.ts';
import {
  failedCheckpoint,
  judgedCheckpoint,
  keylessCheckpoint,
} from '#testing/builders/replay-checkpoint.ts';
import { endOfReplay, scoreReplay } from './score.ts';

const judged = judgedCheckpoint({
  claims: [true, true, false, true],
  changes: [true, false, true, false, false],
  replyAccuracy: 0.75,
});
const unscoredVerdict = {
  kind: 'unscored',
  reason: 'the judge was not reachable',
  asks: 3,
  retries: 0,
  latencyMs: 30,
  usage: noUsage,
} as const;

test('three judged measures make a scored replay', () => {
  expect(endOfReplay(judged)).toEqual({ outcome: 'scored', reason: null });
  // By hand: 3 of 4 claims, 2 of 5 changes.
  expect(scoreReplay('7', judged)).toEqual({
    groundTruthId: '7',
    outcome: 'scored',
    precision: 0.75,
    recall: 0.4,
    replyAccuracy: 0.75,
    claimsTotal: 4,
    claimsSupported: 3,
    changesTotal: 5,
    changesSurfaced: 2,
    funnel: { made: 4, cut: 0, duplicates: 0, restatements: 0, ruled: 4, supported: 3, missing: 0 },
  });
});

test('the funnel accounts for every claim that was made and every one that is missing', () => {
  const members = (first: number, count: number) => Array.from({ length: count }, (_, at) => first + at);
  const claim = { supported: true, quote: 'q', restatement: false, ruled: true };
  const { precision: verdict } = judged;
  if (verdict.kind !== 'judged') throw new Error('The fixture has no verdict.');
  const precision = {
    ...verdict,
    // By hand: 55 made, 50 read; 3 duplicates and 41 restatements fold away, 6 claims are left.
    claims: [
      { ...claim, id: 'c1', members: members(0, 3) },
      { ...claim, id: 'c2', members: members(3, 2), supported: false },
      { ...claim, id: 'c3', members: members(5, 42), restatement: true },
      ...[47, 48, 49].map((at) => ({ ...claim, id: `c${at}`, members: [at] })),
    ],
    claimsMade: 55,
    claimsCut: 5,
  };
  expect(scoreReplay('7', { ...judged, precision })).toMatchObject({
    claimsTotal: 6,
    funnel: { made: 55, cut: 5, duplicates: 3, restatements: 41, ruled: 6, supported: 5, missing: 0 },
  });
  // A control has the only verdict: the judge ruled on none, and nothing is missing because the claims were made.
  expect(
    scoreReplay('7', {
      ...judged,
      precision: {
        ...precision,
        control: true,
        claims: precision.claims.map((each) => ({ ...each, supported: false })),
      },
    }),
  ).toMatchObject({ claimsTotal: 6, funnel: { ruled: 0, supported: 0, missing: 0 } });
  const silent = judgedCheckpoint({ claims: [], changes: [false, false], replyAccuracy: 0 });
  const nothing = { made: 0, cut: 0, duplicates: 0, restatements: 0, ruled: 0, supported: 0 };
  expect(scoreReplay('7', silent)).toMatchObject({ claimsTotal: 2, funnel: { ...nothing, missing: 2 } });
  expect(scoreReplay('7', failedCheckpoint(5))).toMatchObject({ funnel: { ...nothing, missing: 3 } });
});

test('an oracle with too few claims is measured against three', () => {
  const one = judgedCheckpoint({
    claims: [true],
    changes: [true, true, true, true, true],
    replyAccuracy: 1,
  });
  expect(scoreReplay('7', one)).toMatchObject({ claimsTotal: 3, claimsSupported: 1, precision: 1 / 3 });
});

test('the floor is no higher than the number of changes', () => {
  const one = judgedCheckpoint({ claims: [true], changes: [true], replyAccuracy: 1 });
  expect(scoreReplay('7', one)).toMatchObject({ claimsTotal: 1, precision: 1 });
});

test('an oracle that claims nothing has precision 0, not an undefined one', () => {
  const silent = judgedCheckpoint({ claims: [], changes: [false, false], replyAccuracy: 0 });
  expect(scoreReplay('7', silent)).toMatchObject({ claimsTotal: 2, precision: 0, recall: 0 });
});

test('an oracle failure scores 0 on all three measures against the floor of claims', () => {
  expect(endOfReplay(failedCheckpoint(5))).toEqual({
    outcome: 'oracle_failure',
    reason: 'status: The oracle answered 500.',
  });
  expect(scoreReplay('7', failedCheckpoint(5))).toEqual({
    groundTruthId: '7',
    outcome: 'oracle_failure',
    precision: 0,
    recall: 0,
    replyAccuracy: 0,
    claimsTotal: 3,
    claimsSupported: 0,
    changesTotal: 5,
    changesSurfaced: 0,
    funnel: { made: 0, cut: 0, duplicates: 0, restatements: 0, ruled: 0, supported: 0, missing: 3 },
  });
  expect(scoreReplay('7', failedCheckpoint(2))).toMatchObject({ claimsTotal: 2 });
});

test('one unscored measure leaves the replay unscored, never 0, and the reason names it', () => {
  const checkpoint = { ...judged, recall: unscoredVerdict };
  expect(endOfReplay(checkpoint)).toEqual({
    outcome: 'unscored',
    reason: 'recall: the judge was not reachable',
  });
  expect(scoreReplay('7', checkpoint)).toBeNull();
});

test('every unscored measure is named', () => {
  expect(endOfReplay({ ...judged, precision: unscoredVerdict, reply: unscoredVerdict })?.reason).toBe(
    'precision: the judge was not reachable; reply accuracy: the judge was not reachable',
  );
});

test('an unscored measure ends the replay before the other verdicts are there', () => {
  const { answerKey, oracle } = judged;
  expect(endOfReplay({ answerKey, oracle, reply: unscoredVerdict })?.outcome).toBe('unscored');
});

test('a change without a possible answer key is replaced, and one whose key could not be obtained is unscored', () => {
  const impossible = keylessCheckpoint();
  expect(endOfReplay(impossible)).toEqual({ outcome: 'replaced', reason: 'nothing to quote' });
  expect(scoreReplay('7', impossible)).toBeNull();
  const unavailable = {
    answerKey: {
      kind: 'unavailable',
      reason: 'no connection',
      asks: 2,
      retries: 0,
      latencyMs: 1,
      usage: noUsage,
    },
  } as const;
  expect(endOfReplay(unavailable)).toEqual({ outcome: 'unscored', reason: 'answer key: no connection' });
  expect(scoreReplay('7', unavailable)).toBeNull();
});

test.each(['answerKey', 'oracle', 'precision', 'recall', 'reply'] as const)(
  'a replay without its %s has not ended and has no score',
  (step) => {
    const { [step]: _, ...rest } = judged;
    expect(endOfReplay(rest)).toBeNull();
    expect(scoreReplay('7', rest)).toBeNull();
  },
);

test('a verdict on a change that is not in the key does not count', () => {
  const recall = {
    ...judged.recall,
    changes: [
      { id: 'k1', surfaced: true, quote: 'A summary.' },
      { id: 'invented', surfaced: true, quote: 'A summary.' },
    ],
  };
  expect(scoreReplay('7', { ...judged, recall } as typeof judged)).toMatchObject({
    changesSurfaced: 1,
    changesTotal: 5,
  });
});

test('claims that the judge did not rule on do not count, and do not fill the floor', () => {
  const { precision, ...rest } = judged;
  if (precision.kind !== 'judged') throw new Error('The builder judges.');
  const claims = precision.claims.map((claim, at) => ({ ...claim, ruled: at < 3 }));
  // By hand: of the 3 ruled on, 2 are supported; the fourth is left out.
  expect(scoreReplay('7', { ...rest, precision: { ...precision, claims } })).toMatchObject({
    claimsTotal: 3,
    funnel: { made: 4, ruled: 3, missing: 0 },
  });
  const none = precision.claims.map((claim) => ({ ...claim, ruled: false, supported: false }));
  expect(scoreReplay('7', { ...rest, precision: { ...precision, claims: none } })).toMatchObject({
    claimsTotal: 3,
    claimsSupported: 0,
    precision: 0,
    funnel: { made: 4, ruled: 0, missing: 3 },
  });
});

test('a reply that needs support counts only where a claim is supported or a change surfaced', () => {
  const accuracyOf = (claims: boolean[], changes: boolean[]) => {
    const { reply, ...rest } = judgedCheckpoint({ claims, changes, replyAccuracy: 1 });
    if (reply.kind !== 'judged') throw new Error('The builder judges.');
    return scoreReplay('7', { ...rest, reply: { ...reply, needsSupport: true } })?.replyAccuracy;
  };
  expect(accuracyOf([false], [false])).toBe(0);
  expect(accuracyOf([true], [false])).toBe(1);
  expect(accuracyOf([false], [true])).toBe(1);
});
