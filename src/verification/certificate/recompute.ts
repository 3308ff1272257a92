import { type Certificate, certificateDomain, methodologyVersion } from '#contracts/certificate.ts';
import { isObject } from '#contracts/json.ts';
import { judgeOf } from '#contracts/judge-providers.ts';
import type { CanaryCounts } from '#contracts/judge-trust.ts';
import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import { wireName } from '#contracts/wire.ts';
import { totalUsage } from '../judges/judge-usage.ts';
import { sumOfFunnels } from '../replay/score.ts';
import { type Aggregate, aggregate, tolerance } from '../statistics/aggregate.ts';
import { crossedBounds } from './bounds.ts';
import { hasLeaked } from './judge-standing.ts';
import { countCanaries, judgeTrust, noCanaries, subtractCanaries, type TrustInput } from './judge-trust.ts';
import { mostFrequent } from './most-frequent.ts';
import { notChecked } from './not-checked.ts';
import { freshnessOf, keylessOf } from './parts.ts';
import { recomputeReplay, secondCounts } from './recompute-replay.ts';

type Leaf = string | number | boolean | null;

/** `field` is the place in the document, for example `replay_scores[3].precision`. Null: no value there. */
export type Disagreement = { field: string; published: Leaf; recomputed: Leaf };

export type Recomputation = {
  numbers: Aggregate;
  disagreements: Disagreement[];
  /** The fields that nothing in the document decides (see `notChecked`). */
  notChecked: string[];
};

/** Every value that is not null, with its place in the document. */
const leavesOf = (value: unknown, path: string): [string, Leaf][] => {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
    return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((item, place) => leavesOf(item, `${path}[${place}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    leavesOf(inner, path === '' ? wireName(name) : `${path}.${wireName(name)}`),
  );
};

/** NaN disagrees with everything. */
const agrees = (published: Leaf, recomputed: Leaf) =>
  typeof published === 'number' && typeof recomputed === 'number'
    ? Math.abs(published - recomputed) <= tolerance
    : published === recomputed;

/** By the names that the document uses. */
export const disagreementsBetween = (published: unknown, recomputed: unknown): Disagreement[] => {
  const [said, found] = [published, recomputed].map((whole) => new Map(leavesOf(whole, '')));
  return [...new Set([...(said?.keys() ?? []), ...(found?.keys() ?? [])])]
    .map((field) => ({
      field,
      published: said?.get(field) ?? null,
      recomputed: found?.get(field) ?? null,
    }))
    .filter((pair) => !agrees(pair.published, pair.recomputed));
};

/** A replay's measures from its own counts, with the evidence for the judge's trust. */
type RecountedReplay = TrustInput['replays'][number] & { afterCutoff: boolean | null };

/** What earlier runs add to the pool, as stated. Nothing if no certificate is named, or if it is impossible. */
export const earlierIn = (trust: Certificate['trust'], own: CanaryCounts): CanaryCounts => {
  if (trust.pool.certificates.length === 0) return noCanaries;
  const earlier = subtractCanaries(trust.pool.canaries, own);
  const { true: ofTrue, false: byWay, codeTrue, codeFalse, injected } = earlier;
  const possible = [ofTrue, ...Object.values(byWay), codeTrue, codeFalse, injected].every(
    ({ shown, supported }) => supported >= 0 && shown >= supported,
  );
  return possible ? earlier : noCanaries;
};

/** The judge's trust, from the replays' own evidence and the part of the pool that is on other certificates. */
const recomputeTrust = (certificate: Certificate, measures: RecountedReplay[]): Certificate['trust'] => {
  const { trust, unscored, weights, replayScores, judge: provider } = certificate;
  const evidence = replayScores.map((replay) => replay.evidence);
  const judgedAgain = evidence.find(({ second }) => second !== null)?.second ?? null;
  return judgeTrust({
    replays: measures,
    unscored: unscored.length,
    weights,
    earlier: {
      canaries: earlierIn(trust, countCanaries(evidence)),
      certificates: trust.pool.certificates,
    },
    second: trust.agreement ?? (judgedAgain && { provider, model: judgedAgain.model, endpoint: null }),
    followsRule: judgeOf(provider).model === null,
  });
};

const recomputeUsage = ({ usageByMeasure }: Certificate) => {
  const free = (part: JudgeUsage) =>
    part.calls === 0 ? noUsage : { ...part, estimatedCalls: Math.min(part.estimatedCalls, part.calls) };
  const { answerKey, precision, recall, reply, baseline, second } = usageByMeasure;
  return {
    usage: totalUsage(Object.values(usageByMeasure)),
    usageByMeasure: {
      answerKey: free(answerKey),
      precision: free(precision),
      recall: free(recall),
      reply: free(reply),
      baseline: free(baseline),
      second: free(second),
    },
  };
};

/** The certificate recomputed from its replays. Other values are copied. */
const asItsReplaysHaveIt = (
  certificate: Certificate,
  numbers: Aggregate,
  measures: RecountedReplay[],
): Certificate => {
  const { replayScores, unscored, counts, weights } = certificate;
  const scoringModel =
    mostFrequent(replayScores.map((replay) => replay.scoringModel)) ?? certificate.scoringModel;
  const { intervals, ...means } = numbers;
  const trust = recomputeTrust(certificate, measures);
  return {
    ...certificate,
    ...means,
    ...recomputeUsage(certificate),
    domain: certificateDomain,
    methodologyVersion,
    // Unverified certificates are never ranked, and there are no others yet.
    ranked: false,
    scoringModel,
    replayCount: replayScores.length,
    sampleSize: replayScores.length,
    provisional: replayScores.length < certificate.minReplays,
    intervals,
    compositeInterval: intervals.compositeScore,
    freshness: freshnessOf(measures, { modelCutoff: certificate.freshness?.modelCutoff ?? null, weights }),
    keyless: keylessOf(measures, { replaced: counts.replaced, unscored: unscored.length, weights }),
    counts: {
      ...counts,
      scored: replayScores.length,
      oracleFailures: replayScores.filter(({ oracleFailure }) => oracleFailure !== null).length,
      unscored: unscored.length,
    },
    trust,
    judgeReliable: trust.reliable,
    canariesLeaked: hasLeaked(trust),
    funnel: sumOfFunnels(replayScores.map(({ funnel }) => funnel)),
    replayScores: replayScores.map((replay) =>
      recomputeReplay(replay, { followsRule: judgeOf(certificate.judge).model === null }),
    ),
  };
};

/** A change has one replay. Finds second replays of the same id. */
const repeatedIds = ({ replayScores, unscored }: Certificate): Disagreement[] => {
  const ids = [
    ...replayScores.map(({ groundTruthId }, at) => ({ groundTruthId, list: `replay_scores[${at}]` })),
    ...unscored.map(({ groundTruthId }, at) => ({ groundTruthId, list: `unscored[${at}]` })),
  ];
  const seen = new Set<string>();
  return ids.flatMap(({ groundTruthId, list }) => {
    const repeated = seen.has(groundTruthId);
    seen.add(groundTruthId);
    return repeated ? [{ field: `${list}.ground_truth_id`, published: groundTruthId, recomputed: null }] : [];
  });
};

/**
 * Recomputes from the replays' own counts and verdicts and from the weights whatever follows from them. It needs no
 * judge. Lists where the certificate disagrees (numbers by more than 1e-6) and what could not be checked. Throws if the
 * certificate has no replay.
 */
export const recomputeCertificate = (certificate: Certificate): Recomputation => {
  const measures = certificate.replayScores.map((published) => ({
    groundTruthId: published.groundTruthId,
    // From whole numbers, so that the rounding of the published shares does not add up.
    precision: published.claimsSupported / published.claimsTotal,
    recall: published.changesSurfaced / published.changesTotal,
    replyAccuracy: published.replyAccuracy,
    dependence: published.dependence,
    afterCutoff: published.afterCutoff,
    claimsRuled: published.claimsRuled,
    claimsTotal: published.claimsTotal,
    evidence: published.evidence,
  }));
  const numbers = aggregate(measures, certificate.weights);
  const recomputed = asItsReplaysHaveIt(certificate, numbers, measures);
  return {
    numbers,
    disagreements: [
      ...disagreementsBetween(certificate, recomputed),
      ...certificate.replayScores.flatMap((replay, at) =>
        secondCounts(replay)
          .filter((pair) => pair.published !== pair.recomputed)
          .map(({ field, ...pair }) => ({ field: `replay_scores[${at}].${field}`, ...pair })),
      ),
      ...repeatedIds(certificate),
      ...crossedBounds(certificate),
    ],
    notChecked: notChecked(certificate),
  };
};
