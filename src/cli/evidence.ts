import { createHash, createHmac } from 'node:crypto';
import { type GroundTruth, type GroundTruthDraw, groundTruthSchema } from '#contracts/ground-truth.ts';
import { utcInstant } from '#contracts/instant.ts';
import { placeReplays } from '#verification/certificate/build.ts';
import { evidenceLine, factsOf, type StatedFacts } from '#verification/certificate/evidence.ts';
import { endOfReplay } from '#verification/replay/score.ts';
import { compareGroundTruthIds } from '#verification/statistics/aggregate.ts';
import type { StoredReplay } from './run-store.ts';

const lineOf = (groundTruth: GroundTruth) => JSON.stringify(groundTruthSchema.parse(groundTruth));

/** Digest of the record's line as `ingest` writes it, without its line break. */
export const groundTruthDigest = (groundTruth: GroundTruth) =>
  createHash('sha256').update(lineOf(groundTruth)).digest('hex');

/** Salted, so that nobody can test guesses of a private change against it. */
const saltedDigestOf = (groundTruth: GroundTruth, salt: string) =>
  createHmac('sha256', salt).update(lineOf(groundTruth)).digest('hex');

const hidden = { title: null, url: null, repository: null, mergeCommit: null, mergedAt: null };

const changeOf = (change: GroundTruth): StatedFacts['groundTruth'] => {
  const { id, title, url, repository, mergeCommit, mergedAt } = change;
  return { id, digest: groundTruthDigest(change), title, url, repository, mergeCommit, mergedAt };
};

/**
 * The evidence of a run: one line of canonical JSON per replay, ordered by id. Replaced changes are included with the
 * reason. The texts of answer keys and oracles are sealed under the run's salt. A private repository gets ordinals, salted
 * digests and verdicts only. Its ordinals are those of its certificate, which leaves out replaced changes, so these come
 * last.
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
  const ordered = placeReplays(withChanges, modelCutoff).toSorted((a, b) =>
    compareGroundTruthIds(a.groundTruthId, b.groundTruthId),
  );
  const isReplaced = ({ checkpoint }: StoredReplay) => endOfReplay(checkpoint)?.outcome === 'replaced';
  const shown = draw.private
    ? [...ordered.filter((replay) => !isReplaced(replay)), ...ordered.filter(isReplaced)]
    : ordered;
  return shown
    .map(({ groundTruth, checkpoint, change, endedAt }, at) => {
      const stated: StatedFacts = {
        groundTruth: draw.private
          ? { id: `${at + 1}`, digest: saltedDigestOf(groundTruth, salt), ...hidden }
          : changeOf(groundTruth),
        endedAt: utcInstant(endedAt ?? '') ?? '',
      };
      const facts = factsOf(stated, checkpoint, { change, isPrivate: draw.private });
      return `${evidenceLine({ facts, checkpoint }, draw.private ? null : salt)}\n`;
    })
    .join('');
};
