import type { Weights } from '#contracts/certificate.ts';
import type { Interval } from '#contracts/interval.ts';
import { mapLeaves } from '#contracts/json.ts';
import type { Dependence, ReplayScore } from '#contracts/replay.ts';
import { designEffect } from './design-effect.ts';
import { mean, meanInterval } from './interval.ts';

export type Measures = Pick<ReplayScore, 'precision' | 'recall' | 'replyAccuracy'>;

/** Unrounded. */
export type Aggregate = Measures & {
  compositeScore: number;
  brier: number;
  designEffects: Record<keyof Measures | 'compositeScore', number>;
  intervals: Record<keyof Measures | 'compositeScore' | 'brier', Interval>;
};

/** A replay in the denominator: its measures, and its place among the groups that make pull requests dependent. */
export type MeasuredReplay = Measures & { groundTruthId: string; dependence: Dependence };

/** Rounds a score to the six decimals that are stored and published. Never to −0, which JSON writes as another number. */
export const rounded = (value: number) => Math.round(value * 1e6) / 1e6 + 0;

/** Everything that is published, rounded so. */
export const roundedThroughout = <T>(value: T): T =>
  mapLeaves(value, (leaf) => (typeof leaf === 'number' ? rounded(leaf) : leaf));

/** How far a recomputed number may differ from the published one. */
export const tolerance = 1e-6;

const onlyDigits = /^\d+$/;

/**
 * The order of ground-truth ids for summing and listing scores: numbers first, by value, then other ids by UTF-16 code
 * units. It does not depend on a locale, so every machine adds the same numbers in the same order.
 */
export const compareGroundTruthIds = (a: string, b: string): number => {
  const [aIsNumber, bIsNumber] = [onlyDigits.test(a), onlyDigits.test(b)];
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  if (aIsNumber && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
};

/** The weights scaled to the sum 1. Throws if a weight is negative or not finite, or if all are zero. */
export const normalisedWeights = (weights: Weights): Weights => {
  const { precision, recall, replyAccuracy } = weights;
  const total = precision + recall + replyAccuracy;
  if (Math.min(precision, recall, replyAccuracy) < 0 || !Number.isFinite(total))
    throw new RangeError('Weights must be finite and at least 0.');
  if (total === 0) throw new RangeError('At least one weight must be above 0.');
  return { precision: precision / total, recall: recall / total, replyAccuracy: replyAccuracy / total };
};

/** The weighted mean of the three measures, in [0, 1]. */
export const compositeOf = (measures: Measures, weights: Weights): number => {
  const { precision, recall, replyAccuracy } = normalisedWeights(weights);
  const weighted =
    measures.precision * precision + measures.recall * recall + measures.replyAccuracy * replyAccuracy;
  // Rounding can bring the sum of three thirds slightly above 1.
  return Math.min(1, weighted);
};

/**
 * The platform's mapping of a composite score onto [0, 0.5], where lower is better. It is not a Brier score of
 * probabilities.
 */
export const brierOf = (compositeScore: number): number => (1 - compositeScore) / 2;

/**
 * Means, composite, brier, design effects and 95 % intervals over the replays in the denominator (methodology, "The certificate's
 * numbers"), in any order. Throws if there are none.
 */
export const aggregate = (scores: readonly MeasuredReplay[], weights: Weights): Aggregate => {
  const ordered = scores.toSorted((a, b) => compareGroundTruthIds(a.groundTruthId, b.groundTruthId));
  const dependence = ordered.map((score) => score.dependence);
  const column = (measure: keyof Measures) => ordered.map((score) => score[measure]);
  const composites = ordered.map((score) => compositeOf(score, weights));
  const means = {
    precision: mean(column('precision')),
    recall: mean(column('recall')),
    replyAccuracy: mean(column('replyAccuracy')),
  };
  const compositeScore = compositeOf(means, weights);
  const designEffects = {
    precision: designEffect(column('precision'), dependence),
    recall: designEffect(column('recall'), dependence),
    replyAccuracy: designEffect(column('replyAccuracy'), dependence),
    compositeScore: designEffect(composites, dependence),
  };
  const compositeInterval = meanInterval(composites, designEffects.compositeScore);
  return {
    ...means,
    compositeScore,
    brier: brierOf(compositeScore),
    designEffects,
    intervals: {
      precision: meanInterval(column('precision'), designEffects.precision),
      recall: meanInterval(column('recall'), designEffects.recall),
      replyAccuracy: meanInterval(column('replyAccuracy'), designEffects.replyAccuracy),
      compositeScore: compositeInterval,
      brier: { lower: brierOf(compositeInterval.upper), upper: brierOf(compositeInterval.lower) },
    },
  };
};
