import type { Interval } from '#contracts/interval.ts';
import { type ClaimLabel, padStrata, type WeightedLabel, weighLabels } from './audited-precision.ts';
import { sum, wilsonInterval, z } from './interval.ts';
import { tQuantile } from './t-distribution.ts';

type Measured = { value: number; interval: Interval };

/** Unrounded. Null where no label can say it. */
export type AuditedJudge = { q1: Measured | null; q0: Measured | null; kappa: Measured | null };

/** Verdict and label of a claim. */
type Cell = { supported: number; isTrue: number };

/** The share of the claims in each cell, by the labels' weights. */
const tableOf = (labels: readonly WeightedLabel[]) => {
  const all = sum(labels.map(({ weight }) => weight));
  return (holds: (cell: Cell) => boolean) => sum(labels.filter(holds).map(({ weight }) => weight)) / all;
};

/**
 * Variance of what is linear in the weighted shares, `influence` being a claim's. It is that of a stratified sample whose
 * clusters are replays: deviations from the stratum's mean, summed by replay.
 */
const varianceOf = (strata: readonly WeightedLabel[][], influence: (label: Cell) => number): number => {
  const all = sum(strata.flat().map(({ weight }) => weight));
  const clusters = new Map<number, number>();
  let alone = 0;
  for (const stratum of strata) {
    const parts = stratum.map((label) => (label.weight * influence(label)) / all);
    const centre = sum(parts) / parts.length;
    const correction = Math.sqrt(parts.length / (parts.length - 1));
    for (const [place, { replay }] of stratum.entries()) {
      const part = correction * ((parts[place] ?? 0) - centre);
      if (replay < 0) alone += part ** 2;
      else clusters.set(replay, (clusters.get(replay) ?? 0) + part);
    }
  }
  return alone + sum([...clusters.values()].map((part) => part ** 2));
};

/** Of the claims with one verdict: how many there are, by weight, and the share of them that is true. */
type StratumTruth = { size: number; truth: number; interval: Interval };

/**
 * The interval is Wilson's, for as many labels of equal weight as the replays stand for (Kish 1965, Survey Sampling), with
 * the t quantile of their number.
 */
const truthOf = (stratum: readonly WeightedLabel[]): StratumTruth => {
  const size = sum(stratum.map(({ weight }) => weight));
  const truth = sum(stratum.map(({ weight, isTrue }) => weight * isTrue)) / size;
  const clusters = [...Map.groupBy(stratum, ({ replay }) => replay).values()];
  const squares = sum(clusters.map((cluster) => sum(cluster.map(({ weight }) => weight)) ** 2));
  const few = z / tQuantile(0.975, Math.max(1, clusters.length - 1));
  return { size, truth, interval: wilsonInterval(truth, (size ** 2 / squares) * few ** 2) };
};

const untrue = ({ size, truth, interval: { lower, upper } }: StratumTruth): StratumTruth => ({
  size,
  truth: 1 - truth,
  interval: { lower: 1 - upper, upper: 1 - lower },
});

/**
 * The share of the first stratum among what is true in both. Its bounds are those of both strata's intervals together.
 * That is cautious, but holds where one stratum is large and what is looked for is rare in it, where a normal
 * approximation does not. Null if nothing is true.
 */
const shareOfFirst = (first: StratumTruth, second: StratumTruth): Measured | null => {
  const share = (one: number, other: number) => {
    const [own, rest] = [first.size * one, second.size * other];
    return own + rest === 0 ? null : own / (own + rest);
  };
  const value = share(first.truth, second.truth);
  if (value === null) return null;
  return {
    value,
    interval: {
      lower: Math.min(value, share(first.interval.lower, second.interval.upper) ?? 0),
      upper: Math.max(value, share(first.interval.upper, second.interval.lower) ?? 1),
    },
  };
};

type Estimate = { value: number; variance: number };

/**
 * Cohen's kappa of verdict and label, κ = 1 − (1 − o)/(1 − e). With row and column sums r and c, a claim in cell (i, j)
 * changes the observed agreement o by its own, and the expected one e by c_i + r_j.
 */
const kappaOf = (strata: readonly WeightedLabel[][]): Estimate | null => {
  const share = tableOf(strata.flat());
  const verdicts = (kind: number) => share(({ supported }) => supported === kind);
  const truths = (kind: number) => share(({ isTrue }) => isTrue === kind);
  const agrees = ({ supported, isTrue }: Cell) => supported === isTrue;
  const disagreement = 1 - share(agrees);
  const notByChance = 1 - verdicts(1) * truths(1) - verdicts(0) * truths(0);
  if (notByChance < noRoom) return null;
  const influence = (cell: Cell) =>
    (agrees(cell) ? 1 : 0) / notByChance -
    (disagreement * (truths(cell.supported) + verdicts(cell.isTrue))) / notByChance ** 2;
  return { value: 1 - disagreement / notByChance, variance: varianceOf(strata, influence) };
};

/** Below this, chance alone explains every agreement, except for rounding. */
const noRoom = 1e-12;

const noClaims: StratumTruth = { size: 0, truth: 0, interval: { lower: 0, upper: 0 } };

/**
 * How right the judge was on the certificate's own claims, by the owner's word (methodology, "Human audit"), every claim
 * that was ruled on counting the same: weights are inverse inclusion probabilities. q1 = P(supported | true), q0 =
 * P(not supported | false). Null if no claim of a stratum could be told.
 *
 * Kappa's interval (95 %) is computed with a true and a false label more in each stratum (`padStrata`), with the t
 * quantile of the labelled replays less one, clipped to [−1, 1], and contains the value.
 */
export const auditedJudge = (labels: readonly ClaimLabel[]): AuditedJudge | null => {
  const strata = weighLabels(labels, () => 1);
  if (strata === null) return null;
  const truthWith = (verdict: number) => {
    const stratum = strata.find(([first]) => first?.supported === verdict);
    return stratum === undefined ? noClaims : truthOf(stratum);
  };
  const [supported, notSupported] = [truthWith(1), truthWith(0)];
  return {
    q1: shareOfFirst(supported, notSupported),
    q0: shareOfFirst(untrue(notSupported), untrue(supported)),
    kappa: kappaWithInterval(strata),
  };
};

const kappaWithInterval = (strata: readonly WeightedLabel[][]): Measured | null => {
  const [exact, padded] = [kappaOf(strata), kappaOf(padStrata(strata))];
  if (exact === null || padded === null) return null;
  const labelled = new Set(strata.flat().map(({ replay }) => replay)).size;
  const half = tQuantile(0.975, Math.max(1, labelled - 1)) * Math.sqrt(padded.variance);
  return {
    value: exact.value,
    interval: {
      lower: Math.min(exact.value, Math.max(-1, padded.value - half)),
      upper: Math.max(exact.value, Math.min(1, padded.value + half)),
    },
  };
};
