import type { Interval } from '#contracts/interval.ts';

/**
 * The composite with every missing replay at 0 (lower) and at 1 (upper), in [0, 1] (methodology, "Bounds for the
 * unscored", and "Power" for the changes without a key). `composites` are those of the scored replays, in the order of
 * ground-truth ids. The bounds say what is hidden by what is missing; they are not a confidence interval. Throws when
 * there is no replay at all, or when `missing` is not a whole number from 0.
 */
export const missingBounds = (composites: readonly number[], missing: number): Interval => {
  if (!Number.isSafeInteger(missing) || missing < 0)
    throw new RangeError('The number of missing replays must be a whole number from 0.');
  const replays = composites.length + missing;
  if (replays === 0) throw new RangeError('Bounds are undefined without replays.');
  const scored = composites.reduce((total, composite) => total + composite, 0);
  return { lower: scored / replays, upper: (scored + missing) / replays };
};
