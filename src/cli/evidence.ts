import type { GroundTruthDraw } from '#contracts/ground-truth.ts';
import { utcInstant } from '#contracts/instant.ts';
import { placeReplays } from '#verification/certificate/build.ts';
import { inEvidenceOrder, replayLines } from '#verification/certificate/run-evidence.ts';
import type { StoredReplay } from './run-store.ts';

/**
 * The evidence of a run: one line of canonical JSON per replay, ordered by id. Replaced changes are included with the
 * reason. The texts of answer keys and oracles are sealed under the run's salt. A private repository gets ordinals, salted
 * digests and verdicts only.
 */
export const writeEvidence = (
  {
    draw,
    replays,
    modelCutoff,
  }: { draw: GroundTruthDraw; replays: StoredReplay[]; modelCutoff: string | null },
  salt: string,
): string => {
  const changes = new Map([...draw.drawn, ...draw.reserve].map((change) => [change.id, change]));
  const withChanges = replays.flatMap((replay) => {
    const change = changes.get(replay.groundTruthId);
    return change === undefined
      ? []
      : [{ ...replay, groundTruth: change, author: change.author, mergedAt: change.mergedAt }];
  });
  return inEvidenceOrder(placeReplays(withChanges, modelCutoff), draw.private)
    .map((replay, place) => {
      const ended = { ...replay, endedAt: utcInstant(replay.endedAt ?? '') ?? '' };
      return `${replayLines(ended, { place, isPrivate: draw.private, salt }).line}\n`;
    })
    .join('');
};
