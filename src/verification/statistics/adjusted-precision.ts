import type { Interval } from '#contracts/interval.ts';
import type { Dependence } from '#contracts/replay.ts';
import { designEffect } from './design-effect.ts';
import { effectiveSampleSize, mean, meanInterval, z } from './interval.ts';

/**
 * Precision and the share of claims_total that the judge ruled on (0 for an oracle failure), both in [0, 1], with the
 * replay's place among the groups.
 */
type RuledReplay = { precision: number; ruledShare: number; dependence: Dependence };

/** A rate of the judge and the number of canaries behind it. */
type MeasuredRate = { value: number; of: number };

/** An index below this is 0 except for rounding: distinct rates are further apart. */
const rounding = 1e-9;

/** Unrounded. The interval (95 %) contains the value. */
export type AdjustedPrecision = { value: number; interval: Interval };

const clamp = (value: number, highest: number) => Math.min(Math.max(value, 0), highest);

/**
 * Precision as it would be if the judge made no mistakes (methodology, "Judge-adjusted precision"). Let a be the mean
 * share of claims that were ruled on and θ the share that is true. A judge is then expected to find p = θ·q1 + (a −
 * θ)(1 − q0), so θ = (p − a(1 − q0))/(q0 + q1 − 1), clipped to [0, a].
 *
 * Null when q0 + q1 − 1 is not above 0: such a judge supports false claims at least as readily as true ones, so its
 * verdicts say nothing about θ. The same applies to the index of the padded rates below, whose sign can differ only when
 * the kinds have unequal numbers of canaries. Throws when there are no replays.
 *
 * The interval is that of Lee et al. (arXiv 2511.21140): rates with one success and one failure added, p with z²/2 of
 * each added, a shift, and the delta method with ∂θ/∂p = 1/J, ∂θ/∂q1 = −θ/J, ∂θ/∂q0 = (a − θ)/J and J = q0 + q1 − 1.
 * The last derivative is why (1 − θ) becomes (a − θ). n becomes n_eff, because the claims of one replay are right or
 * wrong together. When a is below 1:
 * - p keeps its pseudo-counts: it is a mean in [0, 1] for any a, and n_eff is measured on that scale.
 * - The sampling of a adds no term. With ∂θ/∂a = −(1 − q0)/J it would add (1 − q0)²·Var(a) − 2(1 − q0)·Cov(p, a) to the
 *   variance of p. This is negative when replays with a larger ruled share have more supported claims, as in the model.
 *   Leaving it out is therefore conservative.
 * - The interval is clipped to [0, upper bound of a's own interval], not to [0, a], because a was sampled too. With 5 %
 *   oracle failures, 50 replays and nearly every claim true, clipping at a covers the truth in about 0.5 of runs.
 */
export const adjustedPrecision = (
  replays: readonly RuledReplay[],
  { q0, q1 }: { q0: MeasuredRate; q1: MeasuredRate },
): AdjustedPrecision | null => {
  const dependence = replays.map((replay) => replay.dependence);
  const precisions = replays.map(({ precision }) => precision);
  const ruledShares = replays.map(({ ruledShare }) => ruledShare);
  const p = mean(precisions);
  const a = mean(ruledShares);
  const youden = q0.value + q1.value - 1;
  if (youden < rounding) return null;
  const value = clamp((p - a * (1 - q0.value)) / youden, a);

  const padded0 = (q0.of * q0.value + 1) / (q0.of + 2);
  const padded1 = (q1.of * q1.value + 1) / (q1.of + 2);
  const paddedYouden = padded0 + padded1 - 1;
  if (paddedYouden <= 0) return null;
  const size = effectiveSampleSize(precisions, designEffect(precisions, dependence));
  const paddedSize = size + z ** 2;
  const paddedP = (size * p + z ** 2 / 2) / paddedSize;
  const variance0 = (padded0 * (1 - padded0)) / (q0.of + 2);
  const variance1 = (padded1 * (1 - padded1)) / (q1.of + 2);
  const theta = (paddedP - a * (1 - padded0)) / paddedYouden;
  const shift = 2 * z ** 2 * (theta * variance1 - (a - theta) * variance0);
  const half =
    (z / paddedYouden) *
    Math.sqrt((paddedP * (1 - paddedP)) / paddedSize + (a - theta) ** 2 * variance0 + theta ** 2 * variance1);
  const highest = meanInterval(ruledShares, designEffect(ruledShares, dependence)).upper;
  return {
    value,
    interval: {
      lower: Math.min(clamp(theta + shift - half, highest), value),
      upper: Math.max(clamp(theta + shift + half, highest), value),
    },
  };
};
