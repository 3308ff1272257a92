import { expect, test } from 'vitest';
import { independent } from '#testing/builders/independent.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { leastPairs, pairedDifference } from './paired.ts';

const withDifferences = (...differences: number[]) =>
  differences.map((difference, place) => ({
    ...(difference < 0 ? { a: 0, b: -difference } : { a: difference, b: 0 }),
    dependence: independent(place),
  }));

const eight = [0.4, -0.1, 0.5, 0.5, 0.1, 0.3, -0.2, 0.6];

// Derived with scipy 1.17: ttest_1samp, its p value and confidence_interval.
test('mean, p value and interval match an independent tool, at any level', () => {
  const difference = pairedDifference(withDifferences(...eight), 0.05, 8);
  expect(difference).toMatchObject({ n: 8, differing: 8, designEffect: 1 });
  expect(difference.mean).toBeCloseTo(0.2625, 12);
  expect(difference.inference?.p).toBeCloseTo(0.041156228489203146, 12);
  expect(difference.inference?.interval.lower).toBeCloseTo(0.013943152595153302, 12);
  expect(difference.inference?.interval.upper).toBeCloseTo(0.5110568474048467, 12);
  const stricter = pairedDifference(withDifferences(...eight), 0.025, 8);
  expect(stricter.inference?.interval.lower).toBeCloseTo(-0.03615663124301549, 12);
  expect(stricter.inference?.p).toBe(difference.inference?.p);
});

// Derived with numpy 2.4 and scipy 1.17 from the methodology's text.
test('the design effect of the differences widens the interval and raises the p value alike', () => {
  const values = [1, 0.9, 0.8, 0.2, 0.1, 0.5, 0.6, 0.4, 1, 0.9, 0.3, 0.7];
  const authors = [1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 6];
  const pairs = values.map((a, place) => ({
    a,
    b: 0.4,
    dependence: { ...independent(place), author: authors[place] ?? 0, week: place >> 1 },
  }));
  const difference = pairedDifference(pairs, 0.05, pairs.length);
  expect(difference.designEffect).toBeCloseTo(2.2778093612735573, 12);
  expect(difference.inference?.interval.lower).toBeCloseTo(-0.08611261697235625, 12);
  expect(difference.inference?.interval.upper).toBeCloseTo(0.5194459503056895, 12);
  expect(difference.inference?.p).toBeCloseTo(0.14355745616823892, 12);
});

test('nothing is inferred from fewer than 30 pairs, at any level', () => {
  const many = Array.from({ length: leastPairs }, (_, place) => eight[place % 8] ?? 0);
  for (const alpha of [0.05, 0.025, 0.2]) {
    expect(pairedDifference(withDifferences(...many.slice(1)), alpha)).toMatchObject({
      n: 29,
      inference: null,
    });
    expect(pairedDifference(withDifferences(...many), alpha).inference).not.toBeNull();
  }
});

test('nothing is inferred where fewer than 5 pairs differ, or where all differ alike', () => {
  expect(pairedDifference(withDifferences(0.5, 0.25, 0.75, 1, ...Array<number>(30).fill(0)))).toMatchObject({
    differing: 4,
    inference: null,
  });
  expect(pairedDifference(withDifferences(...Array<number>(40).fill(0.3)))).toMatchObject({
    mean: expect.closeTo(0.3, 12),
    inference: null,
  });
  expect(pairedDifference(withDifferences(0.25))).toMatchObject({ mean: 0.25, n: 1, inference: null });
  // 0.3 − 0.1 and 0.4 − 0.2 are not the same number.
  const rounding = Array.from({ length: 40 }, (_, place) => ({
    a: place % 2 ? 0.3 : 0.4,
    b: place % 2 ? 0.1 : 0.2,
    dependence: independent(place),
  }));
  expect(pairedDifference(rounding).inference).toBeNull();
  expect(() => pairedDifference([])).toThrow(RangeError);
});

const scores = fc.double({ min: 0, max: 1, noNaN: true });
const ordinal = fc.integer({ min: 1, max: 9 });
const pairs = fc.array(
  fc.record({
    a: scores,
    b: scores,
    dependence: fc.record({ author: ordinal, week: ordinal, mergeOrder: ordinal }),
  }),
  { minLength: 25, maxLength: 60 },
);
const level = fc.constantFrom(0.05, 0.025, 0.05 / 3, 0.2);

test('interval and test agree: 0 is outside exactly where p is below the level', () => {
  fc.assert(
    fc.property(pairs, level, (drawn, alpha) => {
      const { inference } = pairedDifference(drawn, alpha);
      if (inference === null) return;
      const { interval, p } = inference;
      expect(interval.lower > 0 || interval.upper < 0).toBe(p < alpha);
    }),
  );
});

test('an interval is in [−1, 1] and contains the mean', () => {
  fc.assert(
    fc.property(pairs, level, (drawn, alpha) => {
      const { mean, inference } = pairedDifference(drawn, alpha);
      if (inference === null) return;
      expect(inference.interval.lower).toBeGreaterThanOrEqual(-1);
      expect(inference.interval.lower).toBeLessThanOrEqual(mean);
      expect(inference.interval.upper).toBeGreaterThanOrEqual(mean);
      expect(inference.interval.upper).toBeLessThanOrEqual(1);
    }),
  );
});

test('swapping the sides reverses every sign and keeps the p value', () => {
  fc.assert(
    fc.property(pairs, (drawn) => {
      const there = pairedDifference(drawn);
      const back = pairedDifference(drawn.map(({ a, b, ...pair }) => ({ ...pair, a: b, b: a })));
      expect(back.mean).toBeCloseTo(-there.mean, 12);
      expect(back.inference === null).toBe(there.inference === null);
      if (back.inference === null || there.inference === null) return;
      expect(back.inference.interval.lower).toBeCloseTo(-there.inference.interval.upper, 9);
      expect(back.inference.p).toBeCloseTo(there.inference.p, 9);
    }),
  );
});
