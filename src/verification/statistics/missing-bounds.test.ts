import { expect, test } from 'vitest';
import { fc } from '#testing/runners/fuzzing.ts';
import { missingBounds } from './missing-bounds.ts';

test('the bounds are the composite with every unscored replay at 0, and at 1', () => {
  // By hand: (0.5 + 1 + 0.75)/5 and (0.5 + 1 + 0.75 + 2)/5.
  expect(missingBounds([0.5, 1, 0.75], 2)).toEqual({ lower: 0.45, upper: 0.85 });
});

test('when every replay is scored, both bounds are the composite', () => {
  expect(missingBounds([0.5, 1, 0.75], 0)).toEqual({ lower: 0.75, upper: 0.75 });
});

test('when no replay is scored, nothing is known', () => {
  expect(missingBounds([], 4)).toEqual({ lower: 0, upper: 1 });
});

test('no replays at all, or a negative or fractional number of unscored ones, throw', () => {
  expect(() => missingBounds([], 0)).toThrow(RangeError);
  expect(() => missingBounds([0.5], -1)).toThrow(RangeError);
  expect(() => missingBounds([0.5], 0.5)).toThrow(RangeError);
});

test('the bounds hold for any scores of the unscored replays', () => {
  const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });
  fc.assert(
    fc.property(
      scores,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }),
      (seen, hidden) => {
        const { lower, upper } = missingBounds(seen, hidden.length);
        const all = [...seen, ...hidden];
        const composite = all.reduce((total, score) => total + score, 0) / all.length;
        expect(lower).toBeLessThanOrEqual(composite + 1e-12);
        expect(upper).toBeGreaterThanOrEqual(composite - 1e-12);
      },
    ),
  );
});
