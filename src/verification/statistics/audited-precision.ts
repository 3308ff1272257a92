import type { Interval } from '#contracts/interval.ts';
import type { Dependence } from '#contracts/replay.ts';
import { designEffect } from './design-effect.ts';
import { mean, meanInterval, sum } from './interval.ts';
import { tQuantile } from './t-distribution.ts';

/** A replay in the denominator of a certificate's precision. */
export type AuditedReplay = {
  claimsTotal: number;
  claimsRuled: number;
  claimsSupported: number;
  dependence: Dependence;
};

/** What was said of one sampled claim. */
export type ClaimLabel = {
  /** The place of its replay in the list of replays. */
  replay: number;
  /** The judge's verdict, which is the stratum. */
  supported: boolean;
  inclusionProbability: number;
  /** Null: it cannot be told. */
  isTrue: boolean | null;
};

/** A label in an estimate. `weight` is for how much of the population it stands. */
export type WeightedLabel = { replay: number; weight: number; supported: number; isTrue: number };

/** The labels by the judge's verdict. A stratum without sampled claims is left out. */
const strataOf = (labels: readonly ClaimLabel[]) =>
  [true, false]
    .map((supported) => labels.filter((label) => label.supported === supported))
    .filter((stratum) => stratum.length > 0);

/**
 * Labels with the inverse of their inclusion probability times `shareOf` as weight. What cannot be told is left out, and
 * the rest of its stratum stands for it. Null if nothing is left of a stratum.
 */
export const weighLabels = (
  labels: readonly ClaimLabel[],
  shareOf: (label: ClaimLabel) => number,
): WeightedLabel[][] | null => {
  const strata = strataOf(labels).map((stratum) => {
    const told = stratum.filter(({ isTrue }) => isTrue !== null);
    return told.map((label) => ({
      replay: label.replay,
      weight: (shareOf(label) / label.inclusionProbability) * (stratum.length / told.length),
      supported: label.supported ? 1 : 0,
      isTrue: label.isTrue ? 1 : 0,
    }));
  });
  return strata.length === 0 || strata.some((stratum) => stratum.length === 0) ? null : strata;
};

/** Stands for no replay. */
const noReplay = -1;

/**
 * A true and a false label more in each stratum, each of its mean weight, and all weights scaled so that the stratum's
 * sum stays. A stratum whose labels all agree still has a variance (Agresti and Coull 1998, The American Statistician
 * 52:119).
 */
export const padStrata = (strata: readonly WeightedLabel[][]): WeightedLabel[][] =>
  strata.map((stratum) => {
    const scale = stratum.length / (stratum.length + 2);
    const weight = (scale * sum(stratum.map((label) => label.weight))) / stratum.length;
    const supported = stratum[0]?.supported ?? 0;
    return [
      ...stratum.map((label) => ({ ...label, weight: scale * label.weight })),
      ...[1, 0].map((isTrue) => ({ replay: noReplay, weight, supported, isTrue })),
    ];
  });

/** Mean truth and mean verdict of the labels, by their weights. */
const meansOf = (labels: readonly WeightedLabel[]) => {
  const weight = sum(labels.map((label) => label.weight));
  return {
    truth: sum(labels.map((label) => label.weight * label.isTrue)) / weight,
    verdict: sum(labels.map((label) => label.weight * label.supported)) / weight,
  };
};

type Share = { found: number; ruled: number };

/** The estimate and its two parts by cluster: with λ, a cluster contributes `labels + λ · verdicts`. */
const estimateFrom = (shares: readonly Share[], labels: readonly WeightedLabel[]) => {
  const { truth, verdict } = meansOf(labels);
  const clusters = shares.map(({ found, ruled }) => ({
    labels: truth * ruled,
    verdicts: found - verdict * ruled,
  }));
  const own = labels.flatMap(({ replay, weight, supported, isTrue }) => {
    const part = { labels: weight * (isTrue - truth), verdicts: -weight * (supported - verdict) };
    const cluster = clusters[replay];
    if (cluster === undefined) return [part];
    cluster.labels += part.labels;
    cluster.verdicts += part.verdicts;
    return [];
  });
  const centre = {
    labels: mean(clusters.map((each) => each.labels)),
    verdicts: mean(clusters.map((each) => each.verdicts)),
  };
  const deviations = [
    ...clusters.map((each) => ({
      labels: each.labels - centre.labels,
      verdicts: each.verdicts - centre.verdicts,
    })),
    ...own,
  ];
  return { truth, verdict, deviations };
};

/** A spread below this is rounding. */
const noSpread = 1e-12;

/** λ of the smallest variance (the paper's "power tuning"), in [0, 1]. */
const tuned = (deviations: readonly { labels: number; verdicts: number }[]): number => {
  const spread = sum(deviations.map(({ verdicts }) => verdicts ** 2));
  if (spread < noSpread) return 0;
  const best = -sum(deviations.map(({ labels, verdicts }) => labels * verdicts)) / spread;
  return Math.min(1, Math.max(0, best));
};

const clamp = (value: number, highest: number) => Math.min(Math.max(value, 0), highest);

/** Unrounded. `tuning` is λ: how far the estimate rests on the judge's verdicts, from 0 to 1. */
export type AuditedPrecision = { value: number; interval: Interval; tuning: number };

/**
 * Precision with the owner's word in place of the judge's verdicts (methodology, "Human audit"): a·θ, where a is the
 * mean share of claims_total that a judge ruled on and θ the share of it that is true. Null if no claim of a stratum
 * could be told. Throws when there are no replays.
 *
 * The estimate is prediction-powered (PPI++, Angelopoulos et al., arXiv 2311.01453): with the verdicts' mean p over all
 * replays, weights h = 1/(claims_total · inclusion probability), and means of the labels y and their verdicts v by h,
 * θ = λ·p/a + ȳ − λ·v̄ (weights are normalised, after Hájek 1971). λ is tuned to the smallest variance.
 *
 * The interval (95 %) has a replay as its cluster: by linearisation a replay contributes z = λ·(its precision) + (ȳ −
 * λ·v̄)·(its ruled share) + Σ h(y − ȳ − λ(v − v̄)) over its labels, and the variance is that of the mean of z over all
 * replays. What replays contribute without labels is multiplied by the design effect of precision, as for the
 * certificate's own interval. It is computed with a true and a false label more in each stratum (`padStrata`), with the
 * t quantile of the labelled replays less one, clipped to [0, upper bound of a's own interval], and contains the value.
 */
export const auditedPrecision = (
  replays: readonly AuditedReplay[],
  labels: readonly ClaimLabel[],
): AuditedPrecision | null => {
  const shares = replays.map(({ claimsTotal, claimsRuled, claimsSupported }) => ({
    found: claimsSupported / claimsTotal,
    ruled: claimsRuled / claimsTotal,
  }));
  const found = shares.map((share) => share.found);
  const ruled = shares.map((share) => share.ruled);
  const dependence = replays.map((replay) => replay.dependence);
  const [p, a] = [mean(found), mean(ruled)];
  const strata = weighLabels(labels, ({ replay }) => 1 / (replays[replay]?.claimsTotal ?? Number.NaN));
  if (strata === null) return null;

  const exact = estimateFrom(shares, strata.flat());
  const tuning = tuned(exact.deviations);
  const value = clamp(tuning * p + a * (exact.truth - tuning * exact.verdict), a);

  const padded = estimateFrom(shares, padStrata(strata).flat());
  const level = padded.truth - tuning * padded.verdict;
  const centre = tuning * p + a * level;
  const n = replays.length;
  const variance = sum(padded.deviations.map((each) => (each.labels + tuning * each.verdicts) ** 2));
  const unlabelled = sum(
    shares.map((share) => (tuning * (share.found - p) + level * (share.ruled - a)) ** 2),
  );
  const dependent = (designEffect(found, dependence) - 1) * unlabelled;
  const labelled = new Set(strata.flat().map(({ replay }) => replay)).size;
  const half =
    tQuantile(0.975, Math.max(1, labelled - 1)) *
    Math.sqrt((variance + dependent) / (n * Math.max(1, n - 1)));
  const highest = Math.max(a, meanInterval(ruled, designEffect(ruled, dependence)).upper);
  return {
    value,
    interval: {
      lower: Math.min(value, clamp(centre - half, highest)),
      upper: Math.max(value, clamp(centre + half, highest)),
    },
    tuning,
  };
};

/**
 * The value of `auditedPrecision` with every claim that could not be told false, and with every one true. Null without
 * labels.
 */
export const auditedBounds = (
  replays: readonly AuditedReplay[],
  labels: readonly ClaimLabel[],
): Interval | null => {
  const valueWith = (isTrue: boolean) =>
    auditedPrecision(
      replays,
      labels.map((label) => ({ ...label, isTrue: label.isTrue ?? isTrue })),
    )?.value;
  const [allFalse, allTrue] = [valueWith(false), valueWith(true)];
  return allFalse === undefined || allTrue === undefined
    ? null
    : { lower: Math.min(allFalse, allTrue), upper: Math.max(allFalse, allTrue) };
};
