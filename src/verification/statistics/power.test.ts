import { expect, test } from 'vitest';
import { powerOf } from './power.ts';
import { tQuantile } from './t-distribution.ts';

// Derived with scipy 1.17: stats.t.ppf in the methodology's formula.
test('half-width and smallest difference match an independent tool', () => {
  expect(powerOf(100, { sd: 0.2, designEffect: 1 })).toEqual({
    halfWidth: expect.closeTo(0.039684339031728355, 12),
    smallestDifference: expect.closeTo(0.0565896796707983, 12),
  });
  // Dependent pull requests.
  expect(powerOf(50, { sd: 0.25, designEffect: 1.5 })).toEqual({
    halfWidth: expect.closeTo(0.08701716030850293, 12),
    smallestDifference: expect.closeTo(0.12378073537922071, 12),
  });
});

test('too few replays tell nothing, and fewer than a comparison needs tell no difference', () => {
  expect(powerOf(1, { sd: 0.2, designEffect: 1 })).toBeNull();
  expect(powerOf(2, { sd: 0.2, designEffect: 1 })).toEqual({ halfWidth: 1, smallestDifference: null });
  expect(powerOf(29, { sd: 0.2, designEffect: 1 })?.smallestDifference).toBeNull();
  expect(powerOf(30, { sd: 0.2, designEffect: 1 })?.smallestDifference).toBeCloseTo(0.10587190862546177, 12);
});

/** Chances of the chi distribution with this many degrees of freedom, divided by their root, on a fine grid. */
const rootMeanSquares = (degrees: number) => {
  const steps = 4000;
  const widest = 1 + 8 / Math.sqrt(degrees);
  const points = Array.from({ length: steps }, (_, step) => ((step + 0.5) * widest) / steps);
  const logs = points.map((u) => (degrees - 1) * Math.log(u) - (degrees * u * u) / 2);
  const highest = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return points.map((u, place) => ({ u, chance: (weights[place] ?? 0) / total }));
};

/** Normal distribution function (Abramowitz and Stegun 1964, 26.2.17, to 7.5e-8). */
const normal = (x: number): number => {
  if (x < 0) return 1 - normal(-x);
  const t = 1 / (1 + 0.2316419 * x);
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
};

/** Power of the two-sided t test by the noncentral t distribution. */
const noncentralPower = (critical: number, shift: number, degrees: number) =>
  rootMeanSquares(degrees).reduce(
    (total, { u, chance }) => total + chance * (normal(shift - critical * u) + normal(-shift - critical * u)),
    0,
  );

test.each([30, 40, 50, 100, 200, 500])(
  'by the noncentral t, %d pairs find the announced difference with power 0.8 to within 0.03',
  (n) => {
    const sd = 0.1;
    const smallest = powerOf(n, { sd, designEffect: 1 })?.smallestDifference ?? Number.NaN;
    const power = noncentralPower(tQuantile(0.975, n - 1), (smallest / sd) * Math.sqrt(n), n - 1);
    expect(Math.abs(power - 0.8)).toBeLessThan(0.03);
  },
);
