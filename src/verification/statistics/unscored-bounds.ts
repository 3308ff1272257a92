import type { Interval } from '#contracts/interval.ts';

/**
 * The composite with every unscored replay at 0 (lower) and at 1 (upper), in [0, 1] (methodology, "Bounds for the
 * unscored"). `composites` are those of the scored replays, in the order of ground-truth ids. The bounds say what the
 * verifier's failures can hide; they are not a confidence interval. Throws when there is no replay at all, or when
 * `unscored` is not a whole number from 0.
 */
export const unscoredBounds = (composites: readonly number[], unscored: number): Interval => {
  if (!Number.isSafeInteger(unscored) || unscored < 0)
    throw new RangeError('The number of unscored replays must be a whole number from 0.');
  const replays = composites.length + unscored;
  if (replays === 0) throw new RangeError('Bounds are undefined without replays.');
  const scored = composites.reduce((total, composite) => total + composite, 0);
  return { lower: scored / replays, upper: (scored + unscored) / replays };
};
