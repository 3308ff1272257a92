import { expect, test } from 'vitest';
import { independent } from '#testing/builders/independent.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { adjustedPrecision } from './adjusted-precision.ts';
import { effectiveSampleSize } from './interval.ts';

const canaries = (trueSupported: number, trues: number, falseSupported: number, falses: number) => ({
  q1: { value: trueSupported / trues, of: trues },
  q0: { value: 1 - falseSupported / falses, of: falses },
});
type Ruled = { precision: number; ruledShare: number };
const ruled = (precisions: number[], ruledShare = 1): Ruled[] =>
  precisions.map((precision) => ({ precision, ruledShare }));
/** Of replays that depend on each other in nothing. */
const adjustedOf = ({ replays, counts }: { replays: Ruled[]; counts: ReturnType<typeof canaries> }) =>
  adjustedPrecision(
    replays.map((replay, place) => ({ ...replay, dependence: independent(place) })),
    counts,
  );

test('the value is the one derived by hand', () => {
  // p = 0.6, q1 = 0.9, q0 = 0.8: (0.6 − 0.2)/0.7; with a = 0.9: (0.6 − 0.18)/0.7.
  const counts = canaries(90, 100, 20, 100);
  const precisions = [0.9, 0.5, 0.6, 0.4];
  expect(adjustedOf({ replays: ruled(precisions), counts })?.value).toBeCloseTo(4 / 7, 12);
  expect(adjustedOf({ replays: ruled(precisions, 0.9), counts })?.value).toBeCloseTo(0.6, 12);
});

// Derived with Python, numpy and scipy from the formula in the paper's notation.
test('the interval matches an independent tool', () => {
  const few = adjustedOf({ replays: ruled([1, 0.5, 0.5, 0.4]), counts: canaries(90, 100, 20, 100) });
  expect(few?.interval.lower).toBeCloseTo(0.014455697037, 10);
  expect(few?.interval.upper).toBeCloseTo(0.997881048821, 10);

  const fifty = Array.from({ length: 10 }, () => [
    { precision: 1, ruledShare: 1 },
    { precision: 0.8, ruledShare: 1 },
    { precision: 0.6, ruledShare: 1 },
    { precision: 0, ruledShare: 0 },
    { precision: 0.6, ruledShare: 0.75 },
  ]).flat();
  const many = adjustedOf({ replays: fifty, counts: canaries(117, 120, 9, 150) });
  expect(many?.value).toBeCloseTo(0.606557377049, 10);
  expect(many?.interval.lower).toBeCloseTo(0.499167021793, 10);
  expect(many?.interval.upper).toBeCloseTo(0.715706855293, 10);
});

test('a judge that never errs over endless canaries adjusts nothing', () => {
  const precisions = [1, 0.5, 0.75, 0.25, 1, 0.5];
  const adjusted = adjustedOf({ replays: ruled(precisions), counts: canaries(1e12, 1e12, 0, 1e12) });
  expect(adjusted?.value).toBeCloseTo(4 / 6, 12);
  // Without the judge's share, Lee's interval is that of Agresti and Coull for n_eff.
  const size = effectiveSampleSize(precisions, 1) + 1.96 ** 2;
  const centre = (((size - 1.96 ** 2) * 4) / 6 + 1.96 ** 2 / 2) / size;
  const half = 1.96 * Math.sqrt((centre * (1 - centre)) / size);
  expect(adjusted?.interval.lower).toBeCloseTo(centre - half, 9);
  expect(adjusted?.interval.upper).toBeCloseTo(Math.min(1, centre + half), 9);
});

test('the value stays in [0, a] and the interval below the upper bound of a', () => {
  const counts = canaries(95, 100, 5, 100);
  // Python: the unclipped intervals end at 1.1096 and begin at −0.1096.
  expect(adjustedOf({ replays: ruled(Array<number>(30).fill(1)), counts })).toEqual({
    value: 1,
    interval: { lower: expect.closeTo(0.894070421873, 10), upper: 1 },
  });
  expect(adjustedOf({ replays: ruled(Array<number>(30).fill(0)), counts })).toEqual({
    value: 0,
    interval: { lower: 0, upper: expect.closeTo(0.105929578127, 10) },
  });
  const halfRuled = adjustedOf({ replays: ruled(Array<number>(30).fill(0.5), 0.5), counts });
  expect(halfRuled).toEqual({
    value: 0.5,
    interval: {
      lower: expect.closeTo(0.4763366989816395, 10),
      upper: expect.closeTo(0.5463449370649052, 10),
    },
  });
});

test('the interval may extend beyond the ruled share of the sample, up to the upper bound of its own interval', () => {
  const failures = Array.from({ length: 50 }, (_, index) => (index < 5 ? 0 : 1));
  const replays = failures.map((answered) => ({ precision: answered, ruledShare: answered }));
  const adjusted = adjustedOf({ replays, counts: canaries(99, 100, 1, 100) });
  expect(adjusted?.value).toBe(0.9);
  // Python, like the intervals above.
  expect(adjusted?.interval.lower).toBeCloseTo(0.7898490897202778, 10);
  expect(adjusted?.interval.upper).toBeCloseTo(0.9573620718859577, 10);
});

test('dependent replays widen the interval and leave the value', () => {
  const replays = Array.from({ length: 40 }, (_, place) => ({
    precision: place % 8 < 4 ? 0.4 : 0.9,
    ruledShare: 1,
    dependence: { ...independent(place), author: place >> 2 },
  }));
  const counts = canaries(95, 100, 5, 100);
  const dependent = adjustedPrecision(replays, counts);
  const apart = adjustedOf({ replays, counts });
  if (dependent === null || apart === null) throw new Error('This judge tells true from false.');
  expect(dependent.value).toBe(apart.value);
  expect(dependent.interval.lower).toBeLessThan(apart.interval.lower);
  expect(dependent.interval.upper).toBeGreaterThan(apart.interval.upper);
});

test('precision is not adjusted for a judge that cannot tell true from false', () => {
  const replays = ruled([0.5, 0.6]);
  expect(adjustedOf({ replays, counts: canaries(30, 100, 60, 200) })).toBeNull();
  expect(adjustedOf({ replays, counts: canaries(20, 100, 60, 100) })).toBeNull();
  // The index is 0.2, but that of the padded rates is 2/3 + 201/1002 − 1 = −0.13.
  expect(adjustedOf({ replays, counts: canaries(200, 1000, 0, 1) })).toBeNull();
  expect(adjustedOf({ replays, counts: canaries(95, 100, 5, 100) })).not.toBeNull();
});

test('without replays there is no precision to adjust', () => {
  expect(() => adjustedOf({ replays: [], counts: canaries(95, 100, 5, 100) })).toThrow(RangeError);
});

test('for any replays and canaries, the value is in [0, a] and inside an interval in [0, 1]', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const replay = fc
    .tuple(share, share)
    .map(([found, ruledShare]) => ({ precision: found * ruledShare, ruledShare }));
  const hits = fc.integer({ min: 0, max: 150 });
  fc.assert(
    fc.property(fc.array(replay, { minLength: 1, maxLength: 60 }), hits, hits, (replays, ofTrue, ofFalse) => {
      const adjusted = adjustedOf({ replays, counts: canaries(ofTrue, 150, ofFalse, 150) });
      expect(adjusted === null).toBe(ofTrue <= ofFalse);
      if (adjusted === null) return;
      const highest = replays.reduce((total, { ruledShare }) => total + ruledShare, 0) / replays.length;
      expect(adjusted.value).toBeGreaterThanOrEqual(0);
      expect(adjusted.value).toBeLessThanOrEqual(highest);
      expect(adjusted.interval.lower).toBeGreaterThanOrEqual(0);
      expect(adjusted.interval.lower).toBeLessThanOrEqual(adjusted.value);
      expect(adjusted.interval.upper).toBeGreaterThanOrEqual(adjusted.value);
      expect(adjusted.interval.upper).toBeLessThanOrEqual(1);
    }),
  );
});
