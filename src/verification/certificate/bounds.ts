import type { Certificate } from '#contracts/certificate.ts';

const dayMs = 86_400_000;

/**
 * What cannot be as a certificate says it, although its replays do not decide it either, by its place in the document
 * and beside what it may be at most or at least: a draw that is smaller than what was drawn, a replay that was scored
 * after the certificate was issued (by more than a day: the clocks of two machines may differ), and a replay that was
 * not judged by the kind of judge that the head names. Of the offline judge each run has one version.
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
    ...replayScores.flatMap((replay, at) => {
      const field = (name: string) => `replay_scores[${at}].${name}`;
      const sameJudge =
        judge === 'offline'
          ? replay.scoringModel === scoringModel
          : !replay.scoringModel.startsWith('offline-');
      return [
        // Written so that a time that is none crosses it.
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
