import { expect, test } from 'vitest';
import { fc } from '#testing/runners/fuzzing.ts';
import { effectiveSampleSize, mean, meanInterval, wilsonInterval } from './interval.ts';

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
  expect(effectiveSampleSize(values, 1)).toBeCloseTo(size, 9);
  const interval = meanInterval(values, 1);
  expect(interval.lower).toBeCloseTo(lower, 10);
  expect(interval.upper).toBeCloseTo(upper, 10);
});

test('the Wilson interval of 3 in 10 matches the textbook', () => {
  // By hand: (0.3 + 1.96²/20 ± 1.96·√(0.021 + 1.96²/400)) / (1 + 1.96²/10).
  const interval = wilsonInterval(0.3, 10);
  expect(interval.lower).toBeCloseTo(0.107789, 5);
  expect(interval.upper).toBeCloseTo(0.603222, 5);
});

test('without values there is no mean and no interval', () => {
  expect(() => mean([])).toThrow(RangeError);
  expect(() => meanInterval([], 1)).toThrow(RangeError);
});

const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 });

test('an interval is in [0, 1] and contains the mean', () => {
  fc.assert(
    fc.property(scores, (values) => {
      const { lower, upper } = meanInterval(values, 1);
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
      const once = meanInterval(values, 1);
      const twice = meanInterval([...values, ...values], 1);
      expect(twice.upper - twice.lower).toBeLessThan(once.upper - once.lower);
    }),
  );
});
