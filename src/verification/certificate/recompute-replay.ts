import type { Certificate } from '#contracts/certificate.ts';
import type { ReplayEvidence } from '#contracts/judge-trust.ts';
import { type ClaimFunnel, replyAccuracies } from '#contracts/replay.ts';
import { claimsTotalOf, foldedClaimsOf } from '../replay/score.ts';
import { maxClaims } from '../text/judged-answer.ts';

type PublishedReplay = Certificate['replayScores'][number];

const noClaims: ClaimFunnel = {
  made: 0,
  cut: 0,
  duplicates: 0,
  restatements: 0,
  ruled: 0,
  supported: 0,
  missing: 0,
};

const nearest = (accuracy: number) =>
  replyAccuracies.reduce((best, value) =>
    Math.abs(value - accuracy) < Math.abs(best - accuracy) ? value : best,
  );

const recomputeEvidence = (
  evidence: ReplayEvidence,
  { changesTotal, replyAccuracy }: PublishedReplay,
): ReplayEvidence => {
  const { baseline, second } = evidence;
  return {
    ...evidence,
    baseline: baseline && {
      ...baseline,
      claimsTotal: claimsTotalOf(baseline.claimsTotal, changesTotal),
      changesTotal,
      replyAccuracy: nearest(baseline.replyAccuracy),
    },
    second: second && { ...second, reply: { ...second.reply, first: nearest(replyAccuracy) } },
  };
};

/** A judge that follows a rule does not rule on each claim, and the others do not count. */
type JudgeKind = { followsRule: boolean };

/** A judge rules at least on the claims that it supports, and at most on those that folding left. */
const recomputeFunnel = (
  { oracleFailure, funnel, claimsSupported, changesTotal }: PublishedReplay,
  { followsRule }: JudgeKind,
): ClaimFunnel => {
  if (oracleFailure !== null) return { ...noClaims, missing: claimsTotalOf(0, changesTotal) };
  const folded = foldedClaimsOf(funnel);
  const ruled = Math.min(Math.max(funnel.ruled, claimsSupported), folded);
  const counted = followsRule ? ruled : folded;
  return {
    ...funnel,
    cut: Math.max(0, funnel.made - maxClaims),
    ruled,
    supported: claimsSupported,
    missing: claimsTotalOf(counted, changesTotal) - counted,
  };
};

/** One replay recomputed from its own counts (methodology, "One replay" and "Claims"). */
export const recomputeReplay = (replay: PublishedReplay, judge: JudgeKind): PublishedReplay => {
  const { claimsTotal, claimsSupported, changesTotal, changesSurfaced, replyAccuracy } = replay;
  const failed = replay.oracleFailure !== null;
  const funnel = recomputeFunnel(replay, judge);
  const counted = judge.followsRule ? funnel.ruled : foldedClaimsOf(funnel);
  return {
    ...replay,
    precision: claimsSupported / claimsTotal,
    recall: changesSurfaced / changesTotal,
    replyAccuracy: failed ? 0 : nearest(replyAccuracy),
    claimsTotal: counted + funnel.missing,
    claimsSupported: failed ? 0 : claimsSupported,
    claimsRuled: funnel.ruled,
    funnel,
    changesSurfaced: failed ? 0 : changesSurfaced,
    evidence: recomputeEvidence(replay.evidence, replay),
  };
};

/**
 * Pairs that must be equal: the first judge's verdicts shown for agreement are those that the replay's score counts.
 */
export const secondCounts = ({
  evidence,
  claimsRuled,
  claimsSupported,
  changesSurfaced,
  changesTotal,
}: PublishedReplay) => {
  const { second } = evidence;
  if (second === null) return [];
  const yes = (verdicts: { first: boolean }[]) => verdicts.filter(({ first }) => first).length;
  // Where one of the judges only follows a rule, claims that it cannot rule on are left out.
  const supported = yes(second.claims);
  const counted = second.claims.length < claimsRuled ? Math.min(supported, claimsSupported) : claimsSupported;
  return [
    { field: 'evidence.second.claims[].first', published: supported, recomputed: counted },
    { field: 'evidence.second.changes[].first', published: yes(second.changes), recomputed: changesSurfaced },
    { field: 'evidence.second.changes', published: second.changes.length, recomputed: changesTotal },
  ];
};
