import type { Interval } from '#contracts/interval.ts';
import type { Dependence } from '#contracts/replay.ts';
import { designEffect } from './design-effect.ts';
import { mean } from './interval.ts';
import { tQuantile, tTailProbability } from './t-distribution.ts';

/** Two scores in [0, 1] of the same pull request. */
export type Pair = { a: number; b: number; dependence: Dependence };

/** Unrounded. `inference` is null where the pairs allow none. */
export type PairedDifference = {
  /** Mean of a − b, in [−1, 1]. */
  mean: number;
  n: number;
  /** How many pairs differ. */
  differing: number;
  designEffect: number;
  inference: { interval: Interval; p: number } | null;
};

/** Differences, and their variation, below this come from rounding: distinct scores are much further apart. */
const rounding = 1e-9;
/**
 * A paired difference is inferred from this many pull requests on (methodology, "Comparison"). With fewer, dependent ones
 * are covered too seldom.
 */
export const leastPairs = 30;
/** With fewer pairs that differ, Student's t is far from the distribution of the mean. */
export const leastDiffering = 5;

/**
 * Mean of a − b, with an interval at the level 1 − `alpha` and the two-sided p value (methodology, "Comparison"): the
 * paired t test (Student 1908) with n − 1 degrees of freedom, its variance times the design effect. Both come from one
 * standard error, so the interval excludes 0 exactly where p is below `alpha`. None is inferred from fewer than `least`
 * pairs, where fewer than 5 differ, or where all differ alike: in simulation with one pair in 20 differing by 1, the t
 * interval covers 0.64 at n = 20. Throws on no pairs.
 * @param least lower only where the pairs are known to be independent
 */
export const pairedDifference = (
  pairs: readonly Pair[],
  alpha = 0.05,
  least = leastPairs,
): PairedDifference => {
  const n = pairs.length;
  const differences = pairs.map(({ a, b }) => a - b);
  const centre = mean(differences);
  const effect = designEffect(
    differences,
    pairs.map(({ dependence }) => dependence),
  );
  const differing = differences.filter((difference) => Math.abs(difference) > rounding).length;
  const found = { mean: centre, n, differing, designEffect: effect };
  if (n < least || differing < leastDiffering) return { ...found, inference: null };
  const deviation = Math.sqrt(
    differences.reduce((total, difference) => total + (difference - centre) ** 2, 0) / (n - 1),
  );
  if (deviation < rounding) return { ...found, inference: null };
  const error = deviation * Math.sqrt(effect / n);
  const half = tQuantile(1 - alpha / 2, n - 1) * error;
  return {
    ...found,
    inference: {
      interval: { lower: Math.max(-1, centre - half), upper: Math.min(1, centre + half) },
      p: tTailProbability(centre / error, n - 1),
    },
  };
};
