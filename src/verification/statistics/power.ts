import { leastPairs } from './paired.ts';
import { tQuantile } from './t-distribution.ts';

/** How the composites of a run's replays vary between pull requests: their standard deviation, and their design effect. */
export type ScoreSpread = { sd: number; designEffect: number };

/** Taken where no earlier run on the repository says more (methodology, "Power"). */
export const assumedSpread: ScoreSpread = { sd: 0.2, designEffect: 1 };

/** What a run of n replays can tell, on the scale 0 to 1. */
export type Power = {
  /** Expected half-width of the composite's 95 % interval. */
  halfWidth: number;
  /** The smallest true difference that a paired comparison of n finds with power 0.8. Null where n allows none. */
  smallestDifference: number | null;
};

/**
 * What `n` replays can tell (methodology, "Power"), where composites have the standard deviation `sd` and the design effect
 * D: t₀.₉₇₅ · sd · √(D/n), and (t₀.₉₇₅ + t₀.₈) · sd · √(D/n), with n − 1 degrees of freedom. The second takes the
 * differences of a comparison to vary as composites do, which holds where the composites of the two runs correlate by 0.5:
 * the variance of a difference is 2 · sd² · (1 − correlation). Neither is more than 1. Null for fewer than 2 replays.
 */
export const powerOf = (n: number, { sd, designEffect }: ScoreSpread): Power | null => {
  if (n < 2) return null;
  const error = sd * Math.sqrt(designEffect / n);
  const critical = tQuantile(0.975, n - 1);
  return {
    halfWidth: Math.min(1, critical * error),
    smallestDifference: n < leastPairs ? null : Math.min(1, (critical + tQuantile(0.8, n - 1)) * error),
  };
};
