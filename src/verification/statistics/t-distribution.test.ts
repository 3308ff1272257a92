import { expect, test } from 'vitest';
import { fc } from '#testing/runners/fuzzing.ts';
import { tQuantile, tTailProbability } from './t-distribution.ts';

// Derived with Python 3.11 and mpmath 1.3 at 40 digits, as the root of the distribution function from `betainc`:
// [probability, degrees of freedom, quantile].
const quantiles: [number, number, number][] = [
  [0.975, 1, 12.706204736174705],
  [0.975, 2, 4.302652729749464],
  [0.975, 3, 3.1824463052837095],
  [0.975, 4, 2.7764451051977943],
  [0.975, 5, 2.5705818356363155],
  [0.975, 6, 2.44691185114497],
  [0.975, 7, 2.3646242515927853],
  [0.975, 10, 2.228138851986275],
  [0.975, 11, 2.2009851600916397],
  [0.975, 20, 2.085963447265865],
  [0.975, 31, 2.0395134463964086],
  [0.975, 50, 2.008559112100761],
  [0.975, 101, 1.9837310029556061],
  [0.975, 200, 1.9718962236339095],
  [0.975, 501, 1.9647103221754831],
  [0.975, 1_000, 1.9623390808264085],
  [0.975, 1_001, 1.96233670528088],
  [0.975, 5_001, 1.9604384567894744],
  [0.6, 1, 0.32491969623290634],
  [0.6, 2, 0.28867513459481287],
  [0.6, 7, 0.26316686135202283],
  [0.6, 40, 0.2550386863458141],
  [0.9, 1, 3.0776835371752536],
  [0.9, 2, 1.8856180831641267],
  [0.9, 7, 1.4149239276505086],
  [0.9, 40, 1.3030770526071946],
  [0.995, 1, 63.65674116287158],
  [0.995, 2, 9.924843200918293],
  [0.995, 7, 3.499483297350494],
  [0.995, 40, 2.7044592674331622],
];

test.each(quantiles)(
  'the t quantile of %d with %d degrees of freedom matches an independent tool',
  (probability, degrees, quantile) => {
    expect(Math.abs(tQuantile(probability, degrees) / quantile - 1)).toBeLessThan(1e-12);
  },
);

test('the t quantile of 0.5 is 0, and bad probabilities or degrees of freedom throw', () => {
  expect(tQuantile(0.5, 9)).toBe(0);
  for (const [probability, degrees] of [
    [0.4, 9],
    [1, 9],
    [Number.NaN, 9],
    [0.975, 0],
    [0.975, 2.5],
  ] as const)
    expect(() => tQuantile(probability, degrees)).toThrow(RangeError);
});

test('the tail beyond a quantile has the probability that is left', () => {
  for (const [probability, degrees, quantile] of quantiles) {
    expect(tTailProbability(quantile, degrees)).toBeCloseTo(2 * (1 - probability), 12);
    expect(tTailProbability(-quantile, degrees)).toBe(tTailProbability(quantile, degrees));
  }
  expect(tTailProbability(0, 5)).toBe(1);
  expect(tTailProbability(1e9, 5)).toBeCloseTo(0, 12);
});

test('the tail grows as t falls', () => {
  const t = fc.double({ min: 0, max: 40, noNaN: true });
  fc.assert(
    fc.property(t, t, fc.integer({ min: 1, max: 300 }), (one, other, degrees) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      expect(tTailProbability(low, degrees)).toBeGreaterThanOrEqual(tTailProbability(high, degrees) - 1e-12);
    }),
  );
});
