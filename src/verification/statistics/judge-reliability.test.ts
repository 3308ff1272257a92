import { expect, test } from 'vitest';
import type { CanaryCounts } from '#contracts/judge-trust.ts';
import { canaryWays } from '#contracts/replay.ts';
import { canaryCounts, everyWay } from '#testing/builders/canaries.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { judgeReliability } from './judge-reliability.ts';

const count = ([supported = 0, shown = 0]: number[]) => ({ supported, shown });

/** The false ones all in one way, `value`. */
const countsOf = (ofTrue: number[], ofFalse: number[], ofInjected: number[]): CanaryCounts => {
  const counts = canaryCounts({ true: count(ofTrue), injected: count(ofInjected) });
  return { ...counts, false: { ...counts.false, value: count(ofFalse) } };
};

test('each rate is a share of its own kind, with a Wilson interval', () => {
  const { q1, q0, leak } = judgeReliability(countsOf([95, 100], [2, 120], [3, 100]));
  // Shares derived by hand, intervals with Python from Wilson's formula.
  expect([q1?.value, q1?.of]).toEqual([0.95, 100]);
  expect(q1?.interval.lower).toBeCloseTo(0.888248034728, 10);
  expect(q1?.interval.upper).toBeCloseTo(0.978456638544, 10);
  expect([q0?.value, q0?.of]).toEqual([118 / 120, 120]);
  expect(q0?.interval.lower).toBeCloseTo(0.941262873187, 10);
  expect(q0?.interval.upper).toBeCloseTo(0.995417531459, 10);
  expect([leak?.value, leak?.of]).toEqual([0.03, 100]);
  expect(leak?.interval.lower).toBeCloseTo(0.010254338223, 10);
  expect(leak?.interval.upper).toBeCloseTo(0.084520780804, 10);
});

test('the bound of the index matches the published bound for a difference of two proportions', () => {
  // Newcombe 1998, 56/70 against 48/80: method 10 gives 0.0524 to 0.3339.
  const { youden } = judgeReliability(countsOf([56, 70], [48, 80], [0, 0]));
  expect(youden?.value).toBeCloseTo(0.2, 12);
  expect(youden?.lower).toBeCloseTo(0.0524, 4);
});

test('a judge without a mistake in 100 of each kind still has a bound below 1', () => {
  // By hand: each Wilson bound is 1/(1 + 1.96²/100), 0.0369935 below 1; 1 − √2 · 0.0369935.
  const { youden } = judgeReliability(countsOf([100, 100], [0, 100], [0, 100]));
  expect(youden).toEqual({ value: 1, lower: expect.closeTo(0.947683, 5) });
});

test('a kind that was not shown is not measured, and no index is invented for it', () => {
  expect(judgeReliability(countsOf([0, 0], [0, 0], [0, 0]))).toEqual({
    q1: null,
    q0: null,
    leak: null,
    youden: null,
    ways: everyWay({ q0: null, youden: null }),
    codeMade: { q1: null, q0: null },
    reliable: false,
  });
  expect(judgeReliability(countsOf([200, 200], [0, 0], [0, 200]))).toMatchObject({ q0: null, youden: null });
  expect(judgeReliability(countsOf([0, 0], [0, 200], [0, 200]))).toMatchObject({ q1: null, youden: null });
});

test('a kind with no supported canary has a rate of 0, not a missing one', () => {
  const { q1, q0, leak } = judgeReliability(countsOf([0, 5], [5, 5], [0, 5]));
  expect([q1?.value, q0?.value, leak?.value]).toEqual([0, 0, 0]);
});

test('each way has its own rate and its own index, with the same true canaries', () => {
  const counts = countsOf([56, 70], [48, 80], [0, 0]);
  const { ways, q0 } = judgeReliability({ ...counts, false: { ...counts.false, name: count([0, 20]) } });
  // Newcombe's example, as above; the other way by hand: 56/70 − 0/20.
  expect(ways.value).toMatchObject({
    q0: { value: 0.4, of: 80 },
    youden: { lower: expect.closeTo(0.0524, 4) },
  });
  expect(ways.name).toMatchObject({ q0: { value: 1, of: 20 }, youden: { value: 0.8 } });
  expect(ways.cause).toEqual({ q0: null, youden: null });
  // By hand: 52 of 100 rejected over all ways.
  expect(q0).toMatchObject({ value: 0.52, of: 100 });
});

test('what code made has rates of its own and counts for nothing', () => {
  const counts = { ...countsOf([9, 10], [1, 10], [0, 5]), codeTrue: count([1, 4]), codeFalse: count([3, 4]) };
  const { codeMade, ...rest } = judgeReliability(counts);
  expect(codeMade).toMatchObject({ q1: { value: 0.25, of: 4 }, q0: { value: 0.25, of: 4 } });
  const { codeMade: _, ...without } = judgeReliability(countsOf([9, 10], [1, 10], [0, 5]));
  expect(rest).toEqual(without);
});

/** A judge that passes, with as few canaries as that takes. */
const passing = canaryCounts({
  true: count([80, 80]),
  false: count([0, 25]),
  injected: count([0, 50]),
});

test('a judge is reliable exactly when all hold', () => {
  expect(judgeReliability(passing).reliable).toBe(true);
  expect(judgeReliability({ ...passing, true: count([79, 79]) }).reliable).toBe(false);
  expect(judgeReliability({ ...passing, injected: count([0, 49]) }).reliable).toBe(false);
  // Upper bounds with Python: 0.238051 and 0.261865.
  expect(judgeReliability({ ...passing, injected: count([6, 50]) }).reliable).toBe(true);
  expect(judgeReliability({ ...passing, injected: count([7, 50]) }).reliable).toBe(false);
});

test.each(canaryWays)(
  'one way too few in %s, or one with a bound under 0.5, and the judge is not reliable',
  (way) => {
    const withWay = (counts: number[]) =>
      judgeReliability({ ...passing, false: { ...passing.false, [way]: count(counts) } });
    expect(withWay([0, 24]).reliable).toBe(false);
    // Bounds with Python, against 80 of 80: 0.518940 for 7 of 25, 0.478812 for 8.
    expect(withWay([7, 25]).reliable).toBe(true);
    expect(withWay([8, 25]).reliable).toBe(false);
    expect(withWay([25, 25]).reliable).toBe(false);
  },
);

test.each([[[6, 5]], [[-1, 5]], [[1.5, 5]], [[1, 5.5]], [[Number.NaN, 5]]])(
  '%j throws for every kind',
  (bad) => {
    expect(() => judgeReliability(countsOf(bad, [0, 9], [0, 9]))).toThrow(RangeError);
    expect(() => judgeReliability(countsOf([0, 9], bad, [0, 9]))).toThrow(RangeError);
    expect(() => judgeReliability(countsOf([0, 9], [0, 9], bad))).toThrow(RangeError);
    expect(() => judgeReliability(canaryCounts({ codeTrue: count(bad) }))).toThrow(RangeError);
    expect(() => judgeReliability(canaryCounts({ codeFalse: count(bad) }))).toThrow(RangeError);
  },
);

const anyCount = fc
  .tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 300 }))
  .map(([supported, shown]) => [Math.min(supported, shown), shown]);

test('the bound is not above the index, and both are in [−1, 1]', () => {
  fc.assert(
    fc.property(anyCount, anyCount, (ofTrue, ofFalse) => {
      const { q0, q1, youden } = judgeReliability(countsOf(ofTrue, ofFalse, [0, 0]));
      expect(youden?.value).toBeCloseTo((q0?.value ?? Number.NaN) + (q1?.value ?? Number.NaN) - 1, 12);
      expect(youden?.lower).toBeLessThanOrEqual(youden?.value ?? Number.NaN);
      expect(youden?.lower).toBeGreaterThanOrEqual(-1 - 1e-12);
      expect(youden?.value).toBeLessThanOrEqual(1);
    }),
  );
});

test('a judge that supports true and false equally has an index of exactly 0', () => {
  expect(judgeReliability(countsOf([3, 10], [9, 30], [0, 0])).youden?.value).toBe(0);
});
