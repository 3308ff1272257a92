import { leastPairs } from './paired.ts';
import { tQuantile } from './t-distribution.ts';

/** How scores vary between pull requests: their standard deviation, and their design effect. */
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
 * What `n` replays can tell (methodology, "Power"), where scores and differences vary by the standard deviation `sd` and
 * have the design effect D: t₀.₉₇₅ · sd · √(D/n), and (t₀.₉₇₅ + t₀.₈) · sd · √(D/n), with n − 1 degrees of freedom. With
 * several pairs under Holm the first test is held to .05/pairs. Neither is more than 1. Null for fewer than 2 replays.
 * By the noncentral t distribution the power at that difference is 0.8 to within 0.003 from 30 replays on.
 */
export const powerOf = (
  n: number,
  { sd, designEffect, pairs = 1 }: ScoreSpread & { pairs?: number },
): Power | null => {
  if (n < 2) return null;
  const error = sd * Math.sqrt(designEffect / n);
  const critical = tQuantile(1 - 0.05 / pairs / 2, n - 1);
  return {
    halfWidth: Math.min(1, tQuantile(0.975, n - 1) * error),
    smallestDifference: n < leastPairs ? null : Math.min(1, (critical + tQuantile(0.8, n - 1)) * error),
  };
};
