import type { Certificate } from '#contracts/certificate.ts';
import type { ReplayEvidence } from '#contracts/judge-trust.ts';
import { replyAccuracies } from '#contracts/replay.ts';
import { claimsTotalOf } from '../replay/score.ts';
import { rounded } from '../statistics/aggregate.ts';

type PublishedReplay = Certificate['replayScores'][number];

const nearest = (accuracy: number) =>
  replyAccuracies.reduce((best, value) =>
    Math.abs(value - accuracy) < Math.abs(best - accuracy) ? value : best,
  );

const recomputeEvidence = (
  evidence: ReplayEvidence,
  { oracleFailure, claimsTotal, claimsSupported, changesTotal, replyAccuracy }: PublishedReplay,
): ReplayEvidence => {
  const { baseline, second } = evidence;
  // A judge rules on whole claims, and at least on those that it supports.
  const ruled = Math.max(Math.round(evidence.ruledShare * claimsTotal), claimsSupported);
  return {
    ...evidence,
    ruledShare: oracleFailure === null ? rounded(ruled / claimsTotal) : 0,
    baseline: baseline && {
      ...baseline,
      claimsTotal: claimsTotalOf(baseline.claimsTotal, changesTotal),
      changesTotal,
    },
    second: second && { ...second, reply: { ...second.reply, first: nearest(replyAccuracy) } },
  };
};

/** One replay recomputed from its own counts (methodology, "One replay" and "Claims"). */
export const recomputeReplay = (replay: PublishedReplay): PublishedReplay => {
  const { claimsTotal, claimsSupported, changesTotal, changesSurfaced, replyAccuracy } = replay;
  const failed = replay.oracleFailure !== null;
  return {
    ...replay,
    precision: claimsSupported / claimsTotal,
    recall: changesSurfaced / changesTotal,
    replyAccuracy: failed ? 0 : nearest(replyAccuracy),
    claimsTotal: claimsTotalOf(failed ? 0 : claimsTotal, changesTotal),
    claimsSupported: failed ? 0 : claimsSupported,
    changesSurfaced: failed ? 0 : changesSurfaced,
    evidence: recomputeEvidence(replay.evidence, replay),
  };
};

/**
 * Pairs that must be equal: the first judge's verdicts shown for agreement are those that the replay's score counts.
 */
export const secondCounts = ({
  evidence,
  claimsSupported,
  changesSurfaced,
  changesTotal,
}: PublishedReplay) => {
  const { second } = evidence;
  if (second === null) return [];
  const yes = (verdicts: { first: boolean }[]) => verdicts.filter(({ first }) => first).length;
  return [
    { field: 'evidence.second.claims[].first', published: yes(second.claims), recomputed: claimsSupported },
    { field: 'evidence.second.changes[].first', published: yes(second.changes), recomputed: changesSurfaced },
    { field: 'evidence.second.changes', published: second.changes.length, recomputed: changesTotal },
  ];
};
