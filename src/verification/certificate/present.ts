import type { Certificate, CertificateSummary } from '#contracts/certificate.ts';
import { sumOfFunnels } from '../replay/score.ts';
import { compareGroundTruthIds } from '../statistics/aggregate.ts';
import type { CertificateContent, CertifiedReplay } from './build.ts';
import { hasLeaked } from './judge-standing.ts';

/** A certificate as stored: its content with identity and date. */
export type StoredCertificate = Omit<CertificateContent, 'replayScores'> & {
  id: string;
  constructId: string;
  createdAt: Date;
};

export type StoredReplayScore = Omit<CertifiedReplay, 'scored'> & { id: string; scoredAt: Date };

/** What lists show of a certificate, as its columns have it. */
type ListedCertificate = Pick<
  StoredCertificate,
  'id' | 'constructId' | 'domain' | 'replayCount' | 'compositeScore' | 'brier' | 'createdAt'
> &
  Pick<CertificateSummary, 'judge' | 'sample' | 'provisional' | 'judgeReliable' | 'canariesLeaked'> & {
    compositeLower: number;
    compositeUpper: number;
  };

/** A certificate as lists show it. Unverified ones are never ranked, and there are no others yet. */
export const presentListed = (listed: ListedCertificate): CertificateSummary => ({
  id: listed.id,
  constructId: listed.constructId,
  domain: listed.domain,
  replayCount: listed.replayCount,
  compositeScore: listed.compositeScore,
  brier: listed.brier,
  createdAt: listed.createdAt.toISOString(),
  judge: listed.judge,
  tier: 'UNVERIFIED',
  ranked: false,
  sample: listed.sample,
  provisional: listed.provisional,
  compositeInterval: { lower: listed.compositeLower, upper: listed.compositeUpper },
  judgeReliable: listed.judgeReliable,
  canariesLeaked: listed.canariesLeaked,
});

/** The same of a whole certificate. */
export const presentSummary = (stored: StoredCertificate): CertificateSummary => {
  const { judge, sample, provisional, intervals, trust } = stored.rawScores;
  return presentListed({
    ...stored,
    judge: judge.provider,
    sample,
    provisional,
    compositeLower: intervals.compositeScore.lower,
    compositeUpper: intervals.compositeScore.upper,
    judgeReliable: trust.reliable,
    canariesLeaked: hasLeaked(trust),
  });
};

/** A certificate as every surface returns it, its replays ordered by id. */
export const presentCertificate = (
  stored: StoredCertificate,
  replayScores: readonly StoredReplayScore[],
): Certificate => {
  const { rawScores } = stored;
  const failures = new Map(
    rawScores.replays
      .filter(({ outcome }) => outcome === 'oracle_failure')
      .map(({ groundTruthId, reason }) => [groundTruthId, reason ?? 'The oracle failed.']),
  );
  const kept = new Map(rawScores.replays.map((replay) => [replay.groundTruthId, replay]));
  const shownOf = (groundTruthId: string) => {
    const { evidence, funnel, dependence, afterCutoff = null } = kept.get(groundTruthId) ?? {};
    if (!evidence || !funnel || !dependence) throw new Error('A scored replay has no stored evidence.');
    return { claimsRuled: funnel.ruled, funnel, dependence, afterCutoff, evidence };
  };
  return {
    ...presentSummary(stored),
    precision: stored.precision,
    recall: stored.recall,
    replyAccuracy: stored.replyAccuracy,
    sampleSize: stored.sampleSize,
    groundTruthSource: stored.groundTruthSource,
    commitRange: stored.commitRange,
    methodologyVersion: stored.methodologyVersion,
    scoringModel: stored.scoringModel,
    intervals: rawScores.intervals,
    designEffects: rawScores.designEffects,
    freshness: rawScores.freshness,
    keyless: rawScores.keyless,
    counts: rawScores.counts,
    weights: rawScores.weights,
    draw: rawScores.draw,
    promptDigest: rawScores.judge.promptDigest,
    judgeEndpoint: rawScores.judge.endpoint,
    judgeForms: rawScores.judge.forms,
    usage: rawScores.usage,
    usageByMeasure: rawScores.usageByMeasure,
    unanswered: rawScores.unanswered,
    trust: rawScores.trust,
    exam: rawScores.exam,
    funnel: sumOfFunnels(replayScores.map(({ groundTruthId }) => shownOf(groundTruthId).funnel)),
    minReplays: rawScores.minReplays,
    unscored: rawScores.replays
      .filter(({ outcome }) => outcome === 'unscored')
      .map(({ groundTruthId, reason }) => ({
        groundTruthId,
        reason: reason ?? 'A verdict was not obtained.',
      })),
    replayScores: replayScores
      .toSorted((a, b) => compareGroundTruthIds(a.groundTruthId, b.groundTruthId))
      .map((score) => ({
        id: score.id,
        groundTruthId: score.groundTruthId,
        precision: score.precision,
        recall: score.recall,
        replyAccuracy: score.replyAccuracy,
        claimsTotal: score.claimsTotal,
        claimsSupported: score.claimsSupported,
        changesTotal: score.changesTotal,
        changesSurfaced: score.changesSurfaced,
        scoringModel: score.scoringModel,
        scoringLatencyMs: score.scoringLatencyMs,
        scoredAt: score.scoredAt.toISOString(),
        oracleFailure: failures.get(score.groundTruthId) ?? null,
        ...shownOf(score.groundTruthId),
      })),
  };
};
