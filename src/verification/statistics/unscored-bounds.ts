import type { Interval } from '#contracts/interval.ts';

/**
 * What the composite would be with every unscored replay at 0 (lower), and at 1 (upper), in [0, 1] (methodology,
 * "Bounds for the unscored"). `composites` are the scored replays' own, in the order of ground-truth ids. The bounds say
 * what the verifier's failures can hide; they are not a confidence interval. Throws where there is no replay at all, or
 * `unscored` is not a whole number from 0.
 */
export const unscoredBounds = (composites: readonly number[], unscored: number): Interval => {
  if (!Number.isSafeInteger(unscored) || unscored < 0)
    throw new RangeError('Unscored replays are counted in whole numbers from 0.');
  const replays = composites.length + unscored;
  if (replays === 0) throw new RangeError('No replays have no bounds.');
  const scored = composites.reduce((total, composite) => total + composite, 0);
  return { lower: scored / replays, upper: (scored + unscored) / replays };
};
