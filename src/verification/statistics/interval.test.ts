import { expect, test } from 'vitest';
import { fc } from '#testing/runners/fuzzing.ts';
import { effectiveSampleSize, mean, meanInterval, tQuantile, wilsonInterval } from './interval.ts';

// Derived with Python 3.11, numpy 2.4 and scipy 1.17 (scipy.stats.t.ppf, numpy's population variance), from the
// methodology's text: [values, n_eff, lower, upper].
const derived: [number[], number, number, number][] = [
  [Array<number>(10).fill(1), 7.930086306508, 0.673657630693, 1],
  [Array<number>(10).fill(0), 7.930086306508, 0, 0.326342369307],
  [[0.5], 0.311265373961, 0.019102909625, 0.980897090375],
  [[1, 0.5, 0.75, 0, 0.25], 4.990350211888, 0.17024015552, 0.82975984448],
  [Array<number>(20).fill(0.9), 58.197234233306, 0.796576507689, 0.953885488607],
  [[0, ...Array<number>(49).fill(1)], 47.657888277714, 0.891810297172, 0.996578583507],
  [[1 / 3, 2 / 3, 1, 0.4], 4.343046113423, 0.214166522794, 0.891960145439],
];

test.each(derived)('the interval of %j matches an independent tool', (values, size, lower, upper) => {
  expect(effectiveSampleSize(values)).toBeCloseTo(size, 9);
  const interval = meanInterval(values);
  expect(interval.lower).toBeCloseTo(lower, 10);
  expect(interval.upper).toBeCloseTo(upper, 10);
});

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

test('the Wilson interval of 3 in 10 matches the textbook', () => {
  // By hand: (0.3 + 1.96²/20 ± 1.96·√(0.021 + 1.96²/400)) / (1 + 1.96²/10).
  const interval = wilsonInterval(0.3, 10);
  expect(interval.lower).toBeCloseTo(0.107789, 5);
  expect(interval.upper).toBeCloseTo(0.603222, 5);
});

test('without values there is no mean and no interval', () => {
  expect(() => mean([])).toThrow(RangeError);
  expect(() => meanInterval([])).toThrow(RangeError);
});

const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 });

test('an interval is in [0, 1] and contains the mean', () => {
  fc.assert(
    fc.property(scores, (values) => {
      const { lower, upper } = meanInterval(values);
      const centre = mean(values);
      expect(lower).toBeGreaterThanOrEqual(0);
      expect(upper).toBeLessThanOrEqual(1);
      expect(lower).toBeLessThanOrEqual(centre);
      expect(upper).toBeGreaterThanOrEqual(centre);
    }),
  );
});

test('doubling the replays makes the interval narrower', () => {
  fc.assert(
    fc.property(scores, (values) => {
      const once = meanInterval(values);
      const twice = meanInterval([...values, ...values]);
      expect(twice.upper - twice.lower).toBeLessThan(once.upper - once.lower);
    }),
  );
});
