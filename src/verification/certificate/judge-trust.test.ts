import { expect, test } from 'vitest';
import type { ReplayEvidence } from '#contracts/judge-trust.ts';
import type { CanaryVerdict } from '#contracts/replay.ts';
import { canaryAuthor, canaryCounts, everyWay, ruledCanary } from '#testing/builders/canaries.ts';
import { independent } from '#testing/builders/independent.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { addCanaries, judgeTrust, noCanaries, subtractCanaries, type TrustInput } from './judge-trust.ts';

const even = { precision: 1, recall: 1, replyAccuracy: 1 };
const nothing: ReplayEvidence = { canaries: [], variantsDropped: 0, baseline: null, second: null };
type Replay = Omit<TrustInput['replays'][number], 'groundTruthId' | 'dependence'>;
const trustOf = (replays: Replay[], changed: Partial<TrustInput> = {}) =>
  judgeTrust({
    replays: replays.map((replay, place) => ({
      ...replay,
      groundTruthId: `${place + 1}`,
      dependence: independent(place),
    })),
    unscored: 0,
    weights: even,
    earlier: { canaries: noCanaries, certificates: [] },
    second: null,
    followsRule: false,
    ...changed,
  });
const measures = (value: number) => ({
  precision: value,
  recall: value,
  replyAccuracy: value,
  claimsRuled: 1,
  claimsTotal: 1,
});
const canaries = (kind: CanaryVerdict['kind'], ...supported: boolean[]) =>
  supported.map((each) => ruledCanary(kind, each));

test('rates are shares of the canaries of this run and earlier runs together', () => {
  const trust = trustOf(
    [
      {
        ...measures(0.5),
        evidence: { ...nothing, canaries: [...canaries('true', true, true), ...canaries('false', true)] },
      },
      {
        ...measures(0.5),
        evidence: {
          ...nothing,
          canaries: [...canaries('true', false), ...canaries('injected', true, false)],
        },
      },
    ],
    {
      earlier: {
        canaries: canaryCounts({
          true: { shown: 1, supported: 1 },
          false: { shown: 1, supported: 0 },
          injected: { shown: 2, supported: 0 },
        }),
        certificates: ['earlier'],
      },
    },
  );
  expect(trust.canaries).toEqual({
    ...noCanaries,
    true: { shown: 3, supported: 2 },
    false: { ...noCanaries.false, value: { shown: 1, supported: 1 } },
    injected: { shown: 2, supported: 1 },
  });
  // By hand: q1 = 3/4, q0 = 5/6 (injected ones do not count for it), in value 1/2, leak = 1/4.
  // Of this run's own, which one model wrote: 2/3 and 0/1.
  expect(trust).toMatchObject({
    pool: { certificates: ['earlier'], canaries: { true: { shown: 4, supported: 3 } } },
    q1: { value: 0.75, of: 4 },
    q0: { value: 0.833333, of: 6 },
    leak: { value: 0.25, of: 4 },
    youden: { value: 0.583333 },
    ways: { value: { q0: { value: 0.5, of: 2 } }, cause: { q0: { value: 1, of: 1 } } },
    authors: [{ author: canaryAuthor, q1: { value: 0.666667, of: 3 }, q0: { value: 0, of: 1 } }],
    reliable: false,
  });
});

test('a value that was not measured is null, never 0', () => {
  expect(
    trustOf([
      { ...measures(0.5), evidence: nothing },
      { ...measures(0), evidence: nothing },
    ]),
  ).toEqual({
    canaries: noCanaries,
    pool: { canaries: noCanaries, certificates: [] },
    q1: null,
    q0: null,
    leak: null,
    youden: null,
    ways: everyWay({ q0: null, youden: null }),
    codeMade: { q1: null, q0: null },
    authors: [],
    variantsDropped: 0,
    reliable: false,
    adjustedPrecision: null,
    baseline: null,
    bounds: { lower: 0.25, upper: 0.25 },
    agreement: null,
  });
});

const manyCanaries = (ofTrue: number, ofFalse: number, leaked = 0): TrustInput['earlier'] => ({
  canaries: canaryCounts({
    true: { shown: 100, supported: ofTrue },
    false: { shown: 100, supported: ofFalse },
    injected: { shown: 100, supported: leaked },
  }),
  certificates: ['earlier'],
});

test('precision is adjusted for a reliable judge only', () => {
  const replays = [{ ...measures(0.5), evidence: nothing }];
  const adjusted = (...supported: Parameters<typeof manyCanaries>) =>
    trustOf(replays, { earlier: manyCanaries(...supported) }).adjustedPrecision;
  // Every true claim and 77 of 100 false ones are supported. An adjusted precision would be clipped to 0.
  expect(adjusted(100, 77)).toBeNull();
  // Bounds of the index with Python: 0.506632 and 0.495836.
  expect(adjusted(81, 18)).not.toBeNull();
  expect(adjusted(81, 19)).toBeNull();
  // It sees through every claim, but obeys half of the orders.
  expect(adjusted(81, 18, 50)).toBeNull();
});

test('the lift of each measure is the mean difference over the replays that have a baseline', () => {
  const held = {
    claimsTotal: 3,
    claimsSupported: 3,
    changesTotal: 2,
    changesSurfaced: 1,
    replyAccuracy: 0.5,
  } as const;
  const without = { ...held, claimsSupported: 0, replyAccuracy: 0 } as const;
  const { baseline } = trustOf([
    { ...measures(0.75), evidence: { ...nothing, baseline: held } },
    { ...measures(0.25), evidence: { ...nothing, baseline: without } },
    { ...measures(1), evidence: nothing },
    { ...measures(1), evidence: nothing },
  ]);
  // By hand: the baseline's composites are (1 + .5 + .5)/3 and .5/3, their mean 5/12; the oracle's 0.75 and 0.25.
  const apart = { interval: null, p: null, designEffect: 1 };
  expect(baseline).toEqual({
    replays: 2,
    precision: { value: 0.5, lift: 0, ...apart },
    recall: { value: 0.5, lift: 0, ...apart },
    replyAccuracy: { value: 0.25, lift: 0.25, ...apart },
    compositeScore: { value: 0.416667, lift: 0.083333, ...apart },
  });
});

test('a lift has the paired inference of a comparison, from as many replays on', () => {
  const values = Array.from({ length: 4 }, () => [1, 0.5, 0.25, 1, 0.75, 0.5, 1, 0.25]).flat();
  const replays = values.map((value) => ({
    ...measures(value),
    evidence: {
      ...nothing,
      baseline: {
        claimsTotal: 2,
        claimsSupported: 1,
        changesTotal: 2,
        changesSurfaced: 0,
        replyAccuracy: 0.25 as const,
      },
    },
  }));
  // Derived with scipy 1.17, ttest_1samp of the differences to 0.5, 0 and 0.25.
  expect(trustOf(replays).baseline).toMatchObject({
    precision: { lift: 0.15625, interval: { lower: 0.044677, upper: 0.267823 }, p: 0.007587 },
    recall: { lift: 0.65625, interval: { lower: 0.544677, upper: 0.767823 }, p: 0 },
    replyAccuracy: { lift: 0.40625, interval: { lower: 0.294677, upper: 0.517823 }, p: 0 },
  });
  expect(trustOf(replays.slice(0, 30)).baseline?.recall.interval).not.toBeNull();
  const { recall } = trustOf(replays.slice(0, 29)).baseline ?? {};
  expect(recall).toMatchObject({ lift: 0.663793, interval: null, p: null });
});

test('weights apply to the baseline as to the oracle', () => {
  const held = {
    claimsTotal: 3,
    claimsSupported: 3,
    changesTotal: 2,
    changesSurfaced: 0,
    replyAccuracy: 0,
  } as const;
  const replays = [{ ...measures(0.5), evidence: { ...nothing, baseline: held } }];
  const { baseline } = trustOf(replays, { weights: { precision: 1, recall: 0, replyAccuracy: 0 } });
  expect(baseline).toMatchObject({ compositeScore: { value: 1, lift: -0.5, interval: null }, replays: 1 });
});

test('bounds count every unscored replay as 0, and as 1', () => {
  const replays = [{ ...measures(0.5), evidence: nothing }];
  expect(trustOf(replays, { unscored: 3 }).bounds).toEqual({ lower: 0.125, upper: 0.875 });
});

test('agreement joins claims and changes, keeps replies apart, and is null only if it was not asked for', () => {
  const second: ReplayEvidence['second'] = {
    claims: [
      { first: true, second: true },
      { first: true, second: false },
    ],
    changes: [
      { first: false, second: false },
      { first: true, second: true },
    ],
    reply: { first: 0.75, second: 1 },
    model: 'other',
  };
  const other = { provider: 'chat', model: 'other', endpoint: 'https://models.example' } as const;
  const asked = trustOf([{ ...measures(0.5), evidence: { ...nothing, second } }], { second: other });
  // By hand: 3 of 4 agree. The first says yes 3 times of 4, the second 2 of 4. Chance agreement is (6 + 2)/16, so
  // kappa = (0.75 − 0.5)/(1 − 0.5).
  expect(asked.agreement).toMatchObject({
    ...other,
    replays: 1,
    verdicts: { raw: 0.75, kappa: 0.5, n: 4 },
    replies: { raw: 0, n: 1 },
  });
  const drawnNone = trustOf([{ ...measures(0.5), evidence: nothing }], { second: other });
  expect(drawnNone.agreement).toEqual({ ...other, replays: 0, verdicts: null, replies: null });
});

const countsOf = fc
  .nat(1_000)
  .chain((shown) => fc.record({ shown: fc.constant(shown), supported: fc.nat(shown) }));
const anyCounts = fc.record({
  true: countsOf,
  false: fc.record(everyWay(countsOf)),
  codeTrue: countsOf,
  codeFalse: countsOf,
  injected: countsOf,
});

test('canaries added to a pool can be subtracted again', () => {
  fc.assert(
    fc.property(anyCounts, anyCounts, (a, b) => {
      expect(addCanaries(a, b)).toEqual(addCanaries(b, a));
      expect(subtractCanaries(addCanaries(a, b), b)).toEqual(a);
      expect(addCanaries(a, noCanaries)).toEqual(a);
    }),
  );
});
