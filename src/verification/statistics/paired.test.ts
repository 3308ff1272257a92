import { expect, test } from 'vitest';
import { fc } from '#testing/runners/fuzzing.ts';
import { pairedDifference } from './paired.ts';

const withDifferences = (...differences: number[]) =>
  differences.map((difference) => (difference < 0 ? { a: 0, b: -difference } : { a: difference, b: 0 }));

test('mean, t statistic and interval match an independent derivation', () => {
  // Differences 0.4, −0.1, 0.5, 0.5, 0.1: mean 0.28, s² = 0.072, t = 0.28/√(0.072/5) = 7/3 by hand.
  const difference = pairedDifference([
    { a: 0.9, b: 0.5 },
    { a: 0.6, b: 0.7 },
    { a: 0.75, b: 0.25 },
    { a: 1, b: 0.5 },
    { a: 0.5, b: 0.4 },
  ]);
  expect(difference.n).toBe(5);
  expect(difference.mean).toBeCloseTo(0.28, 12);
  expect(difference.t).toBeCloseTo(7 / 3, 10);
  // Python with numpy and scipy, from the methodology's text, like the intervals below.
  expect(difference.interval?.lower).toBeCloseTo(-0.335954990726, 10);
  expect(difference.interval?.upper).toBeCloseTo(0.72820254586, 10);
});

test('equal differences have an interval with a width, and no t', () => {
  const difference = pairedDifference(withDifferences(...Array<number>(10).fill(0.3)));
  expect(difference.t).toBeNull();
  expect(difference.interval?.lower).toBeCloseTo(-0.004267893467, 10);
  expect(difference.interval?.upper).toBeCloseTo(0.553426444784, 10);
});

test('differences that are equal except for rounding have no t', () => {
  // 0.3 − 0.1 and 0.4 − 0.2 are not the same number.
  expect(
    pairedDifference([
      { a: 0.3, b: 0.1 },
      { a: 0.4, b: 0.2 },
      { a: 0.5, b: 0.3 },
    ]).t,
  ).toBeNull();
});

test('one pair has a difference, but neither interval nor t', () => {
  expect(pairedDifference([{ a: 0.75, b: 0.5 }])).toEqual({ mean: 0.25, interval: null, t: null, n: 1 });
});

test('two pairs have a wide interval within [−1, 1]', () => {
  // t by hand: 0.375/(0.125√2/√2).
  expect(pairedDifference(withDifferences(0.5, 0.25))).toEqual({
    mean: 0.375,
    interval: { lower: expect.closeTo(-0.747106014642, 10), upper: expect.closeTo(0.941922777833, 10) },
    t: expect.closeTo(3, 10),
    n: 2,
  });
});

test('without pairs there is no difference', () => {
  expect(() => pairedDifference([])).toThrow(RangeError);
});

const scores = fc.double({ min: 0, max: 1, noNaN: true });
const pairs = fc.array(fc.record({ a: scores, b: scores }), { minLength: 2, maxLength: 60 });

test('an interval is in [−1, 1] and contains the mean', () => {
  fc.assert(
    fc.property(pairs, (drawn) => {
      const { mean, interval } = pairedDifference(drawn);
      expect(interval?.lower).toBeGreaterThanOrEqual(-1);
      expect(interval?.lower).toBeLessThanOrEqual(mean);
      expect(interval?.upper).toBeGreaterThanOrEqual(mean);
      expect(interval?.upper).toBeLessThanOrEqual(1);
    }),
  );
});

test('swapping the sides reverses every sign', () => {
  fc.assert(
    fc.property(pairs, (drawn) => {
      const there = pairedDifference(drawn);
      const back = pairedDifference(drawn.map(({ a, b }) => ({ a: b, b: a })));
      expect(back.mean).toBeCloseTo(-there.mean, 12);
      expect(back.interval?.lower).toBeCloseTo(-(there.interval?.upper ?? Number.NaN), 9);
      expect(back.interval?.upper).toBeCloseTo(-(there.interval?.lower ?? Number.NaN), 9);
    }),
  );
});
