import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type GroundTruth, groundTruthSchema } from '#contracts/ground-truth.ts';
import type { ReplayCheckpoint, WordlessCheckpoint } from '#contracts/replay.ts';
import { endOfReplay } from '../replay/score.ts';
import { compareGroundTruthIds } from '../statistics/aggregate.ts';
import { evidenceLine, factsOf, openingLine, type StatedFacts } from './evidence.ts';
import type { ChangeFacts } from './raw-replay.ts';

const lineOf = (groundTruth: GroundTruth) =>
  utf8ToBytes(JSON.stringify(groundTruthSchema.parse(groundTruth)));

/** Digest of the record's line as `ingest` writes it, without its line break. */
export const groundTruthDigest = (groundTruth: GroundTruth): string =>
  bytesToHex(sha256(lineOf(groundTruth)));

/** Salted, so that nobody can test guesses of a private change against it. */
const saltedDigestOf = (groundTruth: GroundTruth, salt: string) =>
  bytesToHex(hmac(sha256, utf8ToBytes(salt), lineOf(groundTruth)));

const hidden = { title: null, url: null, repository: null, mergeCommit: null, mergedAt: null };

const shownChange = (change: GroundTruth): StatedFacts['groundTruth'] => {
  const { id, title, url, repository, mergeCommit, mergedAt } = change;
  return { id, digest: groundTruthDigest(change), title, url, repository, mergeCommit, mergedAt };
};

/**
 * A run's replays in the order of its evidence: by the changes' ids. A private repository's ordinals are those of its
 * certificate, which leaves out replaced changes, so these come last.
 */
export const inEvidenceOrder = <Replay extends { groundTruthId: string; checkpoint: WordlessCheckpoint }>(
  replays: readonly Replay[],
  isPrivate: boolean,
): Replay[] => {
  const ordered = replays.toSorted((a, b) => compareGroundTruthIds(a.groundTruthId, b.groundTruthId));
  if (!isPrivate) return ordered;
  const isReplaced = ({ checkpoint }: Replay) => endOfReplay(checkpoint)?.outcome === 'replaced';
  return [...ordered.filter((replay) => !isReplaced(replay)), ...ordered.filter(isReplaced)];
};

/**
 * What the line and the opening of one replay take at most, in bytes, where the offline check judges. What is stored of an
 * oracle's answer is cut before it is judged (`judgedAnswer`), and key and quotes are parts of a diff that is cut too. The
 * most is reached in characters that take six bytes in JSON.
 */
export const mostEvidenceBytes = 384 * 1024;

export type EvidencedReplay = {
  groundTruth: GroundTruth;
  checkpoint: ReplayCheckpoint;
  change: ChangeFacts | null;
  /** In the form of `utcInstant`. */
  endedAt: string;
};

/**
 * A replay's line of the evidence, and the line that opens its sealed texts, both without a line feed. Of a private
 * repository's replay there is an ordinal, a salted digest and verdicts, and nothing to open.
 * @param place in the order of the evidence, from 0.
 */
export const replayLines = (
  { groundTruth, checkpoint, change, endedAt }: EvidencedReplay,
  { place, isPrivate, salt }: { place: number; isPrivate: boolean; salt: string },
): { digest: string; line: string; opening: string | null } => {
  const stated: StatedFacts = {
    groundTruth: isPrivate
      ? { id: `${place + 1}`, digest: saltedDigestOf(groundTruth, salt), ...hidden }
      : shownChange(groundTruth),
    endedAt,
  };
  const record = { facts: factsOf(stated, checkpoint, { change, isPrivate }), checkpoint };
  return {
    digest: stated.groundTruth.digest,
    line: evidenceLine(record, isPrivate ? null : salt),
    opening: isPrivate ? null : openingLine(record, salt),
  };
};
