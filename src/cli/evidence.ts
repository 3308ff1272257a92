import { createHash, createHmac } from 'node:crypto';
import { type GroundTruth, type GroundTruthDraw, groundTruthSchema } from '#contracts/ground-truth.ts';
import type { ReplayCheckpoint } from '#contracts/replay.ts';
import { toWire } from '#contracts/wire.ts';
import { failureInPublic } from '#verification/certificate/raw-replay.ts';
import { endOfReplay, type ReplayEnd, scoreReplay } from '#verification/replay/score.ts';
import { compareGroundTruthIds } from '#verification/statistics/aggregate.ts';
import type { StoredReplay } from './run-store.ts';
import { sealedTexts } from './sealed-texts.ts';

/** Digest of the record's line as `ingest` writes it, without its line break. */
export const groundTruthDigest = (groundTruth: GroundTruth) =>
  createHash('sha256')
    .update(JSON.stringify(groundTruthSchema.parse(groundTruth)))
    .digest('hex');

/** Salted, so that nobody can test guesses of a private change against it. */
const saltedDigestOf = (groundTruth: GroundTruth, salt: string) =>
  createHmac('sha256', salt)
    .update(JSON.stringify(groundTruthSchema.parse(groundTruth)))
    .digest('hex');

const scoresOf = ({ groundTruthId, checkpoint }: StoredReplay) => {
  const score = scoreReplay(groundTruthId, checkpoint);
  if (score === null) return null;
  const { groundTruthId: _, outcome: __, ...scores } = score;
  return scores;
};

/** Verdicts without any text of the change: only their order identifies them; quotes and reasons are left out. */
const withoutText = ({ checkpoint }: StoredReplay) => ({
  claims:
    checkpoint.precision?.kind === 'judged'
      ? checkpoint.precision.claims.map(({ supported, restatement }) => ({ supported, restatement }))
      : null,
  changes:
    checkpoint.recall?.kind === 'judged'
      ? checkpoint.recall.changes.map(({ surfaced }) => ({ surfaced }))
      : null,
  replyAccuracy: checkpoint.reply?.kind === 'judged' ? checkpoint.reply.replyAccuracy : null,
});

/** A replay's steps, and why it was not scored. Of an oracle's failure kind and status are published, never its text. */
const published = (checkpoint: ReplayCheckpoint, end: ReplayEnd | null) => {
  const { oracle } = checkpoint;
  if (oracle?.kind !== 'failure') return { reason: end?.reason ?? null, ...checkpoint };
  const { detail: _, ...failure } = oracle;
  return { reason: failureInPublic(oracle), ...checkpoint, oracle: failure };
};

const recordOf = (
  replay: StoredReplay,
  groundTruth: GroundTruth,
  ordinal: number,
  isPrivate: boolean,
  salt: string,
) => {
  const { checkpoint, endedAt } = replay;
  const end = endOfReplay(checkpoint);
  const shared = { outcome: end?.outcome ?? null, scores: scoresOf(replay), endedAt };
  if (isPrivate) {
    const digest = saltedDigestOf(groundTruth, salt);
    return toWire({ groundTruth: { id: `${ordinal}`, digest }, ...shared, ...withoutText(replay) });
  }
  const digest = groundTruthDigest(groundTruth);
  const { id, title, url, repository, mergeCommit, mergedAt } = groundTruth;
  const steps = sealedTexts(toWire(published(checkpoint, end)), { groundTruthId: id, salt });
  return {
    ...toWire({
      groundTruth: { id, title, url, repository, mergeCommit, mergedAt, digest },
      ...shared,
    }),
    ...steps,
  };
};

/**
 * One JSON line per replay, ordered by id: what was asked, answered and judged, so that every score can be recomputed.
 * Replaced changes are included with the reason. The texts of answer keys and oracles are sealed under the run's salt.
 * A private repository gets salted digests and verdicts only.
 */
export const evidenceLines = (draw: GroundTruthDraw, replays: StoredReplay[], salt: string): string => {
  const changes = new Map([...draw.drawn, ...draw.reserve].map((change) => [change.id, change]));
  // A private repository's ordinals are those of its certificate, which leaves out replaced changes.
  const shown = draw.private
    ? replays.filter(({ checkpoint }) => endOfReplay(checkpoint)?.outcome !== 'replaced')
    : replays;
  return shown
    .toSorted((a, b) => compareGroundTruthIds(a.groundTruthId, b.groundTruthId))
    .flatMap((replay, index) => {
      const groundTruth = changes.get(replay.groundTruthId);
      return groundTruth === undefined ? [] : [recordOf(replay, groundTruth, index + 1, draw.private, salt)];
    })
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');
};
