import type { Certificate, CertificateSummary } from '#contracts/certificate.ts';
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

/** A certificate as lists show it. Unverified ones are never ranked, and there are no others yet. */
export const presentSummary = (stored: StoredCertificate): CertificateSummary => ({
  id: stored.id,
  constructId: stored.constructId,
  domain: stored.domain,
  replayCount: stored.replayCount,
  compositeScore: stored.compositeScore,
  brier: stored.brier,
  createdAt: stored.createdAt.toISOString(),
  judge: stored.rawScores.judge.provider,
  tier: 'UNVERIFIED',
  ranked: false,
  sample: stored.rawScores.sample,
  provisional: stored.rawScores.provisional,
  compositeInterval: stored.rawScores.intervals.compositeScore,
  judgeReliable: stored.rawScores.trust.reliable,
  canariesLeaked: hasLeaked(stored.rawScores.trust),
});

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
  const kept = new Map(rawScores.replays.map((replay) => [replay.groundTruthId, replay.evidence]));
  const evidenceOf = (groundTruthId: string) => {
    const evidence = kept.get(groundTruthId);
    if (!evidence) throw new Error('A scored replay has no stored evidence.');
    return evidence;
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
    counts: rawScores.counts,
    weights: rawScores.weights,
    draw: rawScores.draw,
    promptDigest: rawScores.judge.promptDigest,
    usage: rawScores.usage,
    usageByMeasure: rawScores.usageByMeasure,
    unanswered: rawScores.unanswered,
    trust: rawScores.trust,
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
        evidence: evidenceOf(score.groundTruthId),
      })),
  };
};
