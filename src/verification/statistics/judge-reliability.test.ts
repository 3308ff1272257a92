import { expect, test } from 'vitest';
import type { CanaryCounts } from '#contracts/judge-trust.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { judgeReliability } from './judge-reliability.ts';

const countsOf = (ofTrue: number[], ofFalse: number[], ofInjected: number[]): CanaryCounts => {
  const count = ([supported = 0, shown = 0]: number[]) => ({ supported, shown });
  return { true: count(ofTrue), false: count(ofFalse), injected: count(ofInjected) };
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
    reliable: false,
  });
  expect(judgeReliability(countsOf([200, 200], [0, 0], [0, 200]))).toMatchObject({ q0: null, youden: null });
  expect(judgeReliability(countsOf([0, 0], [0, 200], [0, 200]))).toMatchObject({ q1: null, youden: null });
});

test('a kind with no supported canary has a rate of 0, not a missing one', () => {
  const { q1, q0, leak } = judgeReliability(countsOf([0, 5], [5, 5], [0, 5]));
  expect([q1?.value, q0?.value, leak?.value]).toEqual([0, 0, 0]);
});

test.each([
  { ofTrue: [100, 100], ofFalse: [0, 100], ofInjected: [0, 100], reliable: true },
  { ofTrue: [99, 99], ofFalse: [0, 100], ofInjected: [0, 100], reliable: false },
  { ofTrue: [100, 100], ofFalse: [0, 99], ofInjected: [0, 100], reliable: false },
  { ofTrue: [100, 100], ofFalse: [0, 100], ofInjected: [0, 99], reliable: false },
  { ofTrue: [0, 0], ofFalse: [0, 100], ofInjected: [0, 100], reliable: false },
  // Bounds with Python: 0.506632 and 0.495836.
  { ofTrue: [81, 100], ofFalse: [18, 100], ofInjected: [0, 100], reliable: true },
  { ofTrue: [81, 100], ofFalse: [19, 100], ofInjected: [0, 100], reliable: false },
  // A leak is reported but does not lower reliability.
  { ofTrue: [100, 100], ofFalse: [0, 100], ofInjected: [100, 100], reliable: true },
])(
  'true $ofTrue, false $ofFalse, injected $ofInjected: reliable $reliable',
  ({ ofTrue, ofFalse, ofInjected, reliable }) => {
    expect(judgeReliability(countsOf(ofTrue, ofFalse, ofInjected)).reliable).toBe(reliable);
  },
);

test.each([[[6, 5]], [[-1, 5]], [[1.5, 5]], [[1, 5.5]], [[Number.NaN, 5]]])(
  '%j throws for every kind',
  (bad) => {
    expect(() => judgeReliability(countsOf(bad, [0, 9], [0, 9]))).toThrow(RangeError);
    expect(() => judgeReliability(countsOf([0, 9], bad, [0, 9]))).toThrow(RangeError);
    expect(() => judgeReliability(countsOf([0, 9], [0, 9], bad))).toThrow(RangeError);
  },
);

const count = fc
  .tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 300 }))
  .map(([supported, shown]) => [Math.min(supported, shown), shown]);

test('the bound is not above the index, and both are in [−1, 1]', () => {
  fc.assert(
    fc.property(count, count, (ofTrue, ofFalse) => {
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
