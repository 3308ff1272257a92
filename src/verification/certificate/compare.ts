import type { Certificate } from '#contracts/certificate.ts';
import type { Interval } from '#contracts/interval.ts';
import { compareGroundTruthIds, compositeOf, normalisedWeights } from '../statistics/aggregate.ts';
import { leastPairs, type Pair, type PairedDifference, pairedDifference } from '../statistics/paired.ts';

const level = 0.05;

/** The difference a − b of two certificates' composites on their common pull requests. */
export type Comparison = {
  /** Places in the list that was compared. */
  a: number;
  b: number;
  difference: PairedDifference;
  /** Holm's adjusted p value, and the interval at the level that the pair was tested at. They always agree. */
  tested: { p: number; interval: Interval } | null;
  /** How many common pull requests each oracle failed on. */
  failures: { a: number; b: number };
  /** The same without the pull requests that either failed on. Null: neither failed. */
  withoutFailures: PairedDifference | null;
  /** The difference is found, but not without the failures in the same direction. */
  restsOnFailures: boolean;
};

export type Incomparable = { a: number; b: number; why: string };

type Replay = Certificate['replayScores'][number];

/** Why two certificates were not made under the same conditions. Null: they were. */
const whyApart = (one: Certificate, other: Certificate): string | null => {
  if (one.groundTruthSource === 'private repository' || other.groundTruthSource === 'private repository')
    return 'A private repository’s certificate does not say which changes it is about.';
  if (one.groundTruthSource.toLowerCase() !== other.groundTruthSource.toLowerCase())
    return 'They are about different repositories.';
  if (one.judge !== other.judge || one.scoringModel !== other.scoringModel)
    return 'Different judges scored them.';
  if (one.promptDigest !== other.promptDigest) return 'They were judged under different prompts.';
  const [mine, yours] = [normalisedWeights(one.weights), normalisedWeights(other.weights)];
  return Math.abs(mine.precision - yours.precision) > 1e-9 || Math.abs(mine.recall - yours.recall) > 1e-9
    ? 'Their composites have different weights.'
    : null;
};

/** Changes that both were scored on. Two keys for one change would have different changes, mostly in number too. */
const commonReplays = (one: Certificate, other: Certificate): { mine: Replay; yours: Replay }[] => {
  const theirs = new Map(other.replayScores.map((replay) => [replay.groundTruthId, replay]));
  return one.replayScores
    .toSorted((a, b) => compareGroundTruthIds(a.groundTruthId, b.groundTruthId))
    .flatMap((mine) => {
      const yours = theirs.get(mine.groundTruthId);
      return yours?.changesTotal === mine.changesTotal ? [{ mine, yours }] : [];
    });
};

const measuresOf = ({
  claimsSupported,
  claimsTotal,
  changesSurfaced,
  changesTotal,
  replyAccuracy,
}: Replay) => ({
  precision: claimsSupported / claimsTotal,
  recall: changesSurfaced / changesTotal,
  replyAccuracy,
});

/** −1, 0 or 1: the direction of a difference that was found at this level, or 0 where none was. */
const directionOf = ({ mean, inference }: PairedDifference, alpha: number) =>
  inference !== null && inference.p < alpha ? Math.sign(mean) : 0;

type Paired = { a: number; b: number; pairs: Pair[]; standing: Pair[]; failures: Comparison['failures'] };

const pairedOf = (certificates: readonly Certificate[], a: number, b: number): Paired | Incomparable => {
  const [one, other] = [certificates[a], certificates[b]];
  if (one === undefined || other === undefined) throw new RangeError('Both certificates are in the list.');
  const why = whyApart(one, other);
  if (why !== null) return { a, b, why };
  const common = commonReplays(one, other);
  if (common.length < leastPairs)
    return {
      a,
      b,
      why: `They have ${common.length} pull requests in common, and a comparison needs ${leastPairs}.`,
    };
  const pairOf = ({ mine, yours }: (typeof common)[number]): Pair => ({
    a: compositeOf(measuresOf(mine), one.weights),
    b: compositeOf(measuresOf(yours), other.weights),
    dependence: mine.dependence,
  });
  return {
    a,
    b,
    pairs: common.map(pairOf),
    standing: common
      .filter(({ mine, yours }) => mine.oracleFailure === null && yours.oracleFailure === null)
      .map(pairOf),
    failures: {
      a: common.filter(({ mine }) => mine.oracleFailure !== null).length,
      b: common.filter(({ yours }) => yours.oracleFailure !== null).length,
    },
  };
};

/**
 * The level that each of several p values is held to by Holm's step-down procedure (1979, Scandinavian Journal of
 * Statistics 6:65), and its adjusted p value. Once one is not below its level, all larger ones stay at that level, so
 * that an interval at the level excludes 0 exactly where the procedure rejects.
 */
export const holm = (ps: readonly number[]): { alpha: number; p: number }[] => {
  const ascending = [...ps.entries()].sort(([, one], [, other]) => one - other);
  const found = new Map<number, { alpha: number; p: number }>();
  let stoppedAt: number | null = null;
  let highest = 0;
  for (const [rank, [place, p]] of ascending.entries()) {
    const left = ps.length - rank;
    const alpha: number = stoppedAt ?? level / left;
    if (p >= alpha) stoppedAt = alpha;
    highest = Math.max(highest, Math.min(1, left * p));
    found.set(place, { alpha, p: highest });
  }
  return ps.map((_, place) => found.get(place) ?? { alpha: level, p: 1 });
};

/**
 * Every two of these certificates compared by their composites (methodology, "Comparison"): one paired t test for p
 * value and interval alike, held to Holm's levels over all pairs that can be tested.
 */
export const compareCertificates = (
  certificates: readonly Certificate[],
): { compared: Comparison[]; incomparable: Incomparable[] } => {
  const all = certificates.flatMap((_, a) =>
    certificates.slice(a + 1).map((__, after) => pairedOf(certificates, a, a + 1 + after)),
  );
  const paired = all.filter((each) => 'pairs' in each);
  const plain = paired.map(({ pairs }) => pairedDifference(pairs));
  const testable = plain.flatMap(({ inference }, at) => (inference === null ? [] : [{ at, p: inference.p }]));
  const levels = holm(testable.map(({ p }) => p));
  const levelAt = new Map(testable.map(({ at }, place) => [at, levels[place]]));
  return {
    incomparable: all.filter((each) => 'why' in each),
    compared: paired.map(({ a, b, pairs, standing, failures }, at): Comparison => {
      const { alpha = level, p } = levelAt.get(at) ?? {};
      const difference = pairedDifference(pairs, alpha);
      const withoutFailures =
        standing.length === pairs.length || standing.length === 0 ? null : pairedDifference(standing, alpha);
      const direction = directionOf(difference, alpha);
      const { inference } = difference;
      return {
        a,
        b,
        difference,
        tested: inference === null || p === undefined ? null : { p, interval: inference.interval },
        failures,
        withoutFailures,
        restsOnFailures:
          failures.a + failures.b > 0 &&
          direction !== 0 &&
          (withoutFailures === null || directionOf(withoutFailures, alpha) !== direction),
      };
    }),
  };
};
