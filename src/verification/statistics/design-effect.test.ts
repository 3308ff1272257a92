import { expect, test } from 'vitest';
import { independent } from '#testing/builders/independent.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { designEffect } from './design-effect.ts';
import { meanInterval } from './interval.ts';

/** Values of one author each, in an order of merges that is the list's; each has a week of its own. */
const byAuthor = (authors: number[]) => authors.map((author, place) => ({ ...independent(place), author }));

// All numbers here were derived with Python 3.11 and numpy 2.4 from the methodology's text.
const values = [1, 0.9, 0.8, 0.2, 0.1, 0.5, 0.6, 0.4, 1, 0.9, 0.3, 0.7];
const authors = [1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 6];
const pairsOfWeeks = values.map((_, place) => ({ ...independent(place), week: place >> 1 }));

test('the design effect matches an independent tool, by author, by week, and the larger of both', () => {
  expect(designEffect(values, byAuthor(authors))).toBeCloseTo(2.2778093612735573, 12);
  expect(designEffect(values, pairsOfWeeks)).toBeCloseTo(1.5912636291941293, 12);
  const both = pairsOfWeeks.map((each, place) => ({ ...each, author: authors[place] ?? 0 }));
  expect(designEffect(values, both)).toBeCloseTo(2.2778093612735573, 12);
  const interval = meanInterval(values, designEffect(values, both));
  expect(interval.lower).toBeCloseTo(0.31347711542820034, 12);
  expect(interval.upper).toBeCloseTo(0.8500203398906845, 12);
});

test('a group larger than max(5, n/10) is cut in merge order', () => {
  const many = Array.from({ length: 20 }, (_, place) => (place % 7) / 6);
  const groups = byAuthor([...Array<number>(14).fill(1), 2, 2, 3, 3, 4, 4]);
  expect(designEffect(many, groups)).toBeCloseTo(2.097656141755696, 12);
  // Listed in another order, the same pieces.
  const order = many.map((_, place) => (place * 7) % 20);
  expect(
    designEffect(
      order.map((place) => many[place] ?? 0),
      order.flatMap((place) => groups[place] ?? []),
    ),
  ).toBeCloseTo(2.097656141755696, 12);
});

test('equal values show no correlation, but few groups leave its error', () => {
  expect(designEffect(Array<number>(12).fill(0.5), byAuthor(authors))).toBeCloseTo(1.3138824102871722, 12);
  // 0.1 + 0.2 is not 0.3: what varies by rounding only is equal.
  const nearly = authors.map((_, place) => (place % 2 ? 0.3 : 0.1 + 0.2));
  expect(designEffect(nearly, byAuthor(authors))).toBeCloseTo(1.3138824102871722, 12);
});

test('without three groups, or where each value is one, there is no design effect', () => {
  expect(designEffect([0.1, 0.9, 0.2, 0.8], byAuthor([1, 1, 2, 2]))).toBe(1);
  expect(designEffect([0.1, 0.9, 0.2, 0.8], byAuthor([1, 2, 3, 4]))).toBe(1);
  expect(designEffect([0.5], byAuthor([1]))).toBe(1);
  expect(() => designEffect([0.5], [])).toThrow(RangeError);
});

test('for any values and groups, the design effect is from 1 to the size of the largest group', () => {
  const ordinal = fc.integer({ min: 1, max: 9 });
  const item = fc.record({
    value: fc.double({ min: 0, max: 1, noNaN: true }),
    dependence: fc.record({ author: ordinal, week: ordinal, mergeOrder: ordinal }),
  });
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 120 }), (items) => {
      const effect = designEffect(
        items.map(({ value }) => value),
        items.map(({ dependence }) => dependence),
      );
      expect(effect).toBeGreaterThanOrEqual(1);
      expect(effect).toBeLessThanOrEqual(Math.max(5, items.length / 10));
    }),
  );
});
