import type { Certificate } from '#contracts/certificate.ts';
import { judgeOf } from '#contracts/judge-providers.ts';

const dayMs = 86_400_000;

/**
 * Counts of calls that do not fit the judge that the certificate names. A model is asked at least once for each replay
 * with a verdict in the oracle's favour. A judge that follows a rule makes no calls.
 */
const crossedCalls = ({ judge, usageByMeasure, usage, replayScores }: Certificate) => {
  if (judgeOf(judge).model === null)
    return usage.calls === 0 ? [] : [{ field: 'usage.calls', published: usage.calls, recomputed: 0 }];
  const least = {
    precision: replayScores.filter(({ claimsSupported }) => claimsSupported > 0).length,
    recall: replayScores.filter(({ changesSurfaced }) => changesSurfaced > 0).length,
    reply: replayScores.filter(({ replyAccuracy }) => replyAccuracy > 0).length,
  };
  return (['precision', 'recall', 'reply'] as const).flatMap((measure) => {
    const { calls } = usageByMeasure[measure];
    return calls >= least[measure]
      ? []
      : [{ field: `usage_by_measure.${measure}.calls`, published: calls, recomputed: least[measure] }];
  });
};

/**
 * Values that are impossible although the replays do not decide them, each with its bound. These are: a draw smaller
 * than what was drawn; a replay scored more than a day after the certificate was issued (the clocks of two machines may
 * differ); a reply graded by the offline check without support; calls that the named judge does not make; replays under
 * several versions of the offline check, because a run has only one.
 */
export const crossedBounds = (
  certificate: Certificate,
): { field: string; published: string | number; recomputed: string | number }[] => {
  const { replayScores, unscored, counts, draw, createdAt, scoringModel, judge } = certificate;
  const replays = replayScores.length + unscored.length;
  const excluded = Object.values(draw.excluded).reduce((sum, count) => sum + count, 0);
  const seen = replays + counts.replaced + excluded;
  const latest = Date.parse(createdAt) + dayMs;
  return [
    ...(draw.limit >= replays ? [] : [{ field: 'draw.limit', published: draw.limit, recomputed: replays }]),
    ...(draw.listed >= seen ? [] : [{ field: 'draw.listed', published: draw.listed, recomputed: seen }]),
    ...crossedCalls(certificate),
    ...replayScores.flatMap((replay, at) => {
      const field = (name: string) => `replay_scores[${at}].${name}`;
      // One model may answer under several names.
      const sameJudge = judge !== 'offline' || replay.scoringModel === scoringModel;
      const { claimsSupported, changesSurfaced, replyAccuracy } = replay;
      const followsRule = judgeOf(judge).model === null;
      return [
        ...(followsRule && claimsSupported + changesSurfaced === 0 && replyAccuracy > 0
          ? [{ field: field('reply_accuracy'), published: replyAccuracy, recomputed: 0 }]
          : []),
        // Negated so that an invalid time crosses the bound too.
        ...(Date.parse(replay.scoredAt) <= latest
          ? []
          : [{ field: field('scored_at'), published: replay.scoredAt, recomputed: createdAt }]),
        ...(sameJudge
          ? []
          : [{ field: field('scoring_model'), published: replay.scoringModel, recomputed: scoringModel }]),
      ];
    }),
  ];
};
