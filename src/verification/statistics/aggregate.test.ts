import { expect, test } from 'vitest';
import { independent } from '#testing/builders/independent.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import {
  aggregate,
  brierOf,
  compareGroundTruthIds,
  compositeOf,
  normalisedWeights,
  rounded,
} from './aggregate.ts';

const evenly = { precision: 1, recall: 1, replyAccuracy: 1 };
const replay = (groundTruthId: string, precision: number, recall: number, replyAccuracy: number) => ({
  groundTruthId,
  precision,
  recall,
  replyAccuracy,
  dependence: independent(Number(groundTruthId)),
});
const four = [
  replay('4', 1, 0.25, 1),
  replay('3', 0.5, 1, 0.75),
  replay('2', 0, 0, 0),
  replay('1', 0.75, 0.5, 0.5),
];

test('means, composite and brier match a derivation by hand', () => {
  // Weights 2:1:1. Means (1 + .5 + 0 + .75)/4 = .5625, (.25 + 1 + 0 + .5)/4 = .4375, (1 + .75 + 0 + .5)/4 = .5625;
  // composite .5·.5625 + .25·.4375 + .25·.5625 = .53125, brier (1 − .53125)/2 = .234375.
  const result = aggregate(four, { precision: 2, recall: 1, replyAccuracy: 1 });
  expect(result).toMatchObject({
    precision: 0.5625,
    recall: 0.4375,
    replyAccuracy: 0.5625,
    compositeScore: 0.53125,
    brier: 0.234375,
  });
  // Intervals from Python, numpy and scipy, as in interval.test.ts. The interval of brier is that of the composite,
  // mapped and swapped.
  expect(result.intervals.precision.lower).toBeCloseTo(0.163262213997, 10);
  expect(result.intervals.recall.upper).toBeCloseTo(0.836737786003, 10);
  expect(result.intervals.compositeScore.lower).toBeCloseTo(0.163550722576, 10);
  expect(result.intervals.compositeScore.upper).toBeCloseTo(0.867882997301, 10);
  expect(result.intervals.brier.lower).toBeCloseTo((1 - 0.867882997301) / 2, 10);
  expect(result.intervals.brier.upper).toBeCloseTo((1 - 0.163550722576) / 2, 10);
});

test('dependent replays widen each interval by the measure’s own design effect', () => {
  const dependent = Array.from({ length: 12 }, (_, place) => ({
    ...replay(`${place}`, place < 6 ? 0.2 : 0.9, [0.2, 0.9][place % 2] ?? 0, 0.5),
    // Precision is the author's, recall is not.
    dependence: { ...independent(place), author: Math.floor(place / 3) },
  }));
  const apart = dependent.map((each, place) => ({ ...each, dependence: independent(place) }));
  const width = ({ lower, upper }: { lower: number; upper: number }) => upper - lower;
  const [widened, plain] = [aggregate(dependent, evenly), aggregate(apart, evenly)];
  expect(plain.designEffects).toEqual({ precision: 1, recall: 1, replyAccuracy: 1, compositeScore: 1 });
  // Three of an author are as good as one: D is their number.
  expect(widened.designEffects.precision).toBeCloseTo(3, 10);
  expect(widened.designEffects.recall).toBeLessThan(1.2);
  expect(width(widened.intervals.precision)).toBeGreaterThan(1.4 * width(plain.intervals.precision));
  expect(widened.precision).toBe(plain.precision);
});

test('only the proportions of the weights count', () => {
  expect(normalisedWeights({ precision: 2, recall: 1, replyAccuracy: 1 })).toEqual({
    precision: 0.5,
    recall: 0.25,
    replyAccuracy: 0.25,
  });
  expect(aggregate(four, { precision: 30, recall: 30, replyAccuracy: 30 })).toEqual(aggregate(four, evenly));
});

test('weights that are all zero, negative or not finite throw', () => {
  expect(() => aggregate(four, { precision: 0, recall: 0, replyAccuracy: 0 })).toThrow('above 0');
  expect(() => aggregate(four, { precision: -1, recall: 3, replyAccuracy: 0 })).toThrow('at least 0');
  expect(() => aggregate(four, { precision: Number.NaN, recall: 3, replyAccuracy: 0 })).toThrow(RangeError);
  expect(() => aggregate(four, { precision: Infinity, recall: 3, replyAccuracy: 0 })).toThrow(RangeError);
});

test('without replays there is no aggregate', () => {
  expect(() => aggregate([], evenly)).toThrow(RangeError);
});

test('brier maps 0 to 0.5 and 1 to 0', () => {
  expect([brierOf(0), brierOf(0.5), brierOf(1)]).toEqual([0.5, 0.25, 0]);
});

test('published numbers have six decimals', () => {
  expect([rounded(2 / 3), rounded(1 / 3), rounded(1), rounded(0.0000004)]).toEqual([
    0.666667, 0.333333, 1, 0,
  ]);
});

test('numeric ids come first in numeric order, then other ids by code units', () => {
  const ids = ['10', 'b', '9', 'B', '142', '1a', 'ä'];
  expect(ids.toSorted(compareGroundTruthIds)).toEqual(['9', '10', '142', '1a', 'B', 'b', 'ä']);
});

const unit = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 1, 1 / 3, 2 / 3, 0.1, 0.7, 0.9),
);
const ordinal = fc.integer({ min: 1, max: 8 });
const weight = fc.double({ min: 0.001, max: 1000, noNaN: true });
const weights = fc.record({ precision: weight, recall: weight, replyAccuracy: weight });
const replays = fc.uniqueArray(
  fc.record({
    groundTruthId: fc.string({ minLength: 1, maxLength: 4 }),
    precision: unit,
    recall: unit,
    replyAccuracy: unit,
    dependence: fc.record({ author: ordinal, week: ordinal, mergeOrder: ordinal }),
  }),
  { minLength: 1, maxLength: 40, selector: ({ groundTruthId }) => groundTruthId },
);

test('scores stay in [0, 1] and brier in [0, 0.5], and each interval contains its number', () => {
  fc.assert(
    fc.property(replays, weights, (scores, chosen) => {
      const result = aggregate(scores, chosen);
      for (const name of ['precision', 'recall', 'replyAccuracy', 'compositeScore', 'brier'] as const) {
        const top = name === 'brier' ? 0.5 : 1;
        const { lower, upper } = result.intervals[name];
        expect(result[name]).toBeGreaterThanOrEqual(0);
        expect(result[name]).toBeLessThanOrEqual(top);
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(upper).toBeLessThanOrEqual(top);
        expect(rounded(lower)).toBeLessThanOrEqual(rounded(result[name]) + 1e-9);
        expect(rounded(upper)).toBeGreaterThanOrEqual(rounded(result[name]) - 1e-9);
      }
    }),
  );
});

test('the composite equals the mean of the replays’ own composites', () => {
  fc.assert(
    fc.property(replays, weights, (scores, chosen) => {
      const own = scores.map((score) => compositeOf(score, chosen));
      const average = own.reduce((total, value) => total + value, 0) / own.length;
      expect(aggregate(scores, chosen).compositeScore).toBeCloseTo(average, 10);
    }),
  );
});

test('the order of the replays does not change a single bit', () => {
  const shuffled = replays.chain((scores) =>
    fc.tuple(fc.constant(scores), fc.shuffledSubarray(scores, { minLength: scores.length })),
  );
  fc.assert(
    fc.property(shuffled, weights, ([scores, other], chosen) => {
      expect(aggregate(other, chosen)).toEqual(aggregate(scores, chosen));
    }),
  );
});

test('a tiny negative number rounds to the zero that is read back from JSON', () => {
  expect(rounded(-1e-9)).toBe(0);
  expect(JSON.parse(JSON.stringify(rounded(-1e-9)))).toBe(rounded(-1e-9));
});
