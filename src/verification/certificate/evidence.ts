import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import {
  type CertificateDocument,
  type EvidenceFacts,
  evidenceFactsSchema,
  mostEvidenceLines,
} from '#contracts/certificate-document.ts';
import { isObject } from '#contracts/json.ts';
import { type ReplayCheckpoint, replayCheckpointSchema } from '#contracts/replay.ts';
import { fromWire, toWire, wireName } from '#contracts/wire.ts';
import { hashLeaf, proveInclusion, rootAt, type TreeHead, treeOf } from '../log/merkle.ts';
import { verifyInclusion } from '../log/proofs.ts';
import { endOfReplay, scoreReplay } from '../replay/score.ts';
import { canonicalJson } from './canonical.ts';
import { type ChangeFacts, reasonInPublic } from './raw-replay.ts';
import { opensAll, openTexts, readSeals, sealTexts } from './sealed-texts.ts';
import { readSignedJson, writeSignedJson } from './signed-json.ts';

/** A replay as its line of the evidence has it. Of a read line, `checkpoint` has digests in place of sealed texts. */
export type EvidenceRecord = { facts: EvidenceFacts; checkpoint: ReplayCheckpoint };

/** What a line says that its steps and the other lines do not decide. */
export type StatedFacts = Pick<EvidenceFacts, 'groundTruth' | 'endedAt'>;

const scoresOf = (groundTruthId: string, checkpoint: ReplayCheckpoint): EvidenceFacts['scores'] => {
  const score = scoreReplay(groundTruthId, checkpoint);
  if (score === null) return null;
  const { groundTruthId: _, outcome: __, ...scores } = score;
  return scores;
};

/**
 * A replay's facts, as far as its checkpoint decides them.
 * @throws Error if the replay has not ended.
 */
export const factsOf = (
  { groundTruth, endedAt }: StatedFacts,
  checkpoint: ReplayCheckpoint,
  { change, isPrivate }: { change: ChangeFacts | null; isPrivate: boolean },
): EvidenceFacts => {
  const end = endOfReplay(checkpoint);
  if (end === null) throw new Error(`The replay of ${groundTruth.id} has not ended.`);
  return {
    groundTruth,
    outcome: end.outcome,
    reason: reasonInPublic(end, checkpoint, isPrivate),
    scores: scoresOf(groundTruth.id, checkpoint),
    dependence: change?.dependence ?? null,
    afterCutoff: change?.afterCutoff ?? null,
    endedAt,
  };
};

/** The steps as they are published: of an oracle's failure kind and status, never its text. */
const publishedSteps = ({ oracle, ...steps }: ReplayCheckpoint) => {
  if (oracle?.kind !== 'failure') return { ...steps, ...(oracle && { oracle }) };
  const { detail: _, ...failure } = oracle;
  return { ...steps, oracle: failure };
};

type Changes = { id: string }[];
type Verdicts = Pick<ReplayCheckpoint, 'precision' | 'recall'>;

/** A judge chose the ids of claims and changes, so a private repository's become ordinals. */
const withOrdinals = (checkpoint: ReplayCheckpoint): ReplayCheckpoint => {
  const { answerKey, baseline, second } = checkpoint;
  const changes: Changes = answerKey?.kind === 'made' ? answerKey.key.changes : [];
  const ordinalOf = new Map(changes.map(({ id }, index) => [id, `${index + 1}`]));
  const renamed = <Part extends Verdicts>(part: Part): Part => ({
    ...part,
    ...(part.precision?.kind === 'judged' && {
      precision: {
        ...part.precision,
        claims: part.precision.claims.map((claim, index) => ({ ...claim, id: `${index + 1}` })),
      },
    }),
    ...(part.recall?.kind === 'judged' && {
      recall: {
        ...part.recall,
        changes: part.recall.changes.map((change) => ({ ...change, id: ordinalOf.get(change.id) ?? '0' })),
      },
    }),
  });
  return {
    ...renamed(checkpoint),
    ...(answerKey?.kind === 'made' && {
      answerKey: {
        ...answerKey,
        key: {
          ...answerKey.key,
          changes: answerKey.key.changes.map((change, index) => ({ ...change, id: `${index + 1}` })),
        },
      },
    }),
    ...(baseline && { baseline: renamed(baseline) }),
    ...(second && { second: renamed(second) }),
  };
};

/** The names on the wire. Members without a value are left out, as JSON does. */
const wireOf = (value: object) => toWire(JSON.parse(JSON.stringify(value)));

/**
 * The line of one replay, without its line feed: what was asked, answered and judged, so that every score can be
 * recomputed. The texts of keys and oracles are sealed under the run's salt; without a salt they are withheld, as those of
 * a private repository are.
 */
export const evidenceLine = ({ facts, checkpoint }: EvidenceRecord, salt: string | null): string => {
  const steps = publishedSteps(salt === null ? withOrdinals(checkpoint) : checkpoint);
  const sealed = sealTexts(wireOf(steps), { groundTruthId: facts.groundTruth.id, salt });
  return writeSignedJson({ ...wireOf(facts), ...sealed });
};

/** The line that opens the texts which `evidenceLine` seals under this salt, without its line feed. */
export const openingLine = ({ facts, checkpoint }: EvidenceRecord, salt: string): string => {
  const { id } = facts.groundTruth;
  const texts = openTexts(wireOf(publishedSteps(checkpoint)), { groundTruthId: id, salt });
  return writeSignedJson({ ground_truth_id: id, texts });
};

const factNames = new Set(Object.keys(evidenceFactsSchema.shape).map(wireName));

const problemOf = ({ issues: [issue] }: z.ZodError) =>
  new Error(`${issue?.path.map((part) => wireName(String(part))).join('.')}: ${issue?.message}`);

const parsed = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw problemOf(result.error);
};

/** The words of an oracle's failure are not published, but a checkpoint has them. */
const withDetail = ({ oracle, ...steps }: Record<string, unknown>) => ({
  ...steps,
  ...(oracle !== undefined && {
    oracle: isObject(oracle) && oracle.kind === 'failure' ? { ...oracle, detail: '' } : oracle,
  }),
});

/**
 * Reads a line. `sealed` counts the texts in it that can be opened.
 * @throws Error for anything but the form in which `evidenceLine` writes.
 */
export const readEvidenceLine = (
  line: Uint8Array,
  isPrivate: boolean,
): EvidenceRecord & { sealed: number } => {
  const members = Object.entries(readSignedJson(line));
  const ofFacts = Object.fromEntries(members.filter(([name]) => factNames.has(name)));
  const ofSteps = Object.fromEntries(members.filter(([name]) => !factNames.has(name)));
  const { record: steps, sealed } = readSeals(ofSteps, isPrivate);
  const facts = parsed(evidenceFactsSchema, fromWire(ofFacts, []));
  const { id: _, digest: __, ...change } = facts.groundTruth;
  const isShown = change.title !== null && change.repository !== null && change.mergedAt !== null;
  if (isPrivate ? Object.values(change).some((value) => value !== null) : !isShown)
    throw new Error('ground_truth: it says too much or too little of its change.');
  const checkpoint = parsed(replayCheckpointSchema, withDetail(fromWire(steps, [])));
  // A schema passes over what it does not know, which nothing would show or check.
  if (
    canonicalJson({ ...toWire(facts), ...toWire(publishedSteps(checkpoint)) }) !==
    canonicalJson({ ...ofFacts, ...steps })
  )
    throw new Error('It has members that no replay has.');
  return { facts, checkpoint, sealed };
};

const openingSchema = z.strictObject({
  ground_truth_id: z.string(),
  texts: z.array(z.strictObject({ place: z.string(), salt: z.string(), text: z.string() })),
});

/** Whether a line opens every sealed text of an evidence line, each as it was sealed. Anything malformed does not. */
export const opensLine = (line: Uint8Array, opening: Uint8Array): boolean => {
  const record = readSignedJson(line);
  const opened = openingSchema.safeParse(readSignedJson(opening));
  if (!opened.success || !isObject(record.ground_truth)) return false;
  return record.ground_truth.id === opened.data.ground_truth_id && opensAll(record, opened.data.texts);
};

const lineFeed = 0x0a;

/** Far more than any replay's line or its opening takes. What is larger is not parsed. */
export const mostLineBytes = 4 * 1024 * 1024;

/**
 * The lines of the evidence, each without its line feed.
 * @param most how many there can be: reading ends at the one after.
 * @throws Error if the last one has no line feed, a line is too long, or there are more.
 */
export const evidenceLines = (evidence: Uint8Array, most = mostEvidenceLines): Uint8Array[] => {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = evidence.indexOf(lineFeed); end >= 0; end = evidence.indexOf(lineFeed, start)) {
    if (lines.length === most) throw new Error(`It has more than ${most} lines.`);
    if (end - start > mostLineBytes) throw new Error(`Line ${lines.length + 1} is too long.`);
    lines.push(evidence.subarray(start, end));
    start = end + 1;
  }
  if (start !== evidence.length) throw new Error('Its last line does not end in a line feed.');
  return lines;
};

const headOfLeaves = (leaves: Uint8Array[]): TreeHead => ({
  size: leaves.length,
  root: rootAt(leaves.length, treeOf(leaves)),
});

/** The tree that a certificate pins: its leaves are the lines. */
export const evidenceHead = (lines: Uint8Array[]): TreeHead => headOfLeaves(lines.map(hashLeaf));

/** Proves one line by itself: hashes from its sibling up. */
export const proveLine = (lines: Uint8Array[], index: number): Uint8Array[] =>
  proveInclusion(index, lines.length, treeOf(lines.map(hashLeaf)));

/** Whether a line is the `index`-th of the evidence that the certificate pins. */
export const verifyLine = (
  { line, index, proof }: { line: Uint8Array; index: number; proof: Uint8Array[] },
  { evidence }: Pick<CertificateDocument, 'evidence'>,
): boolean =>
  verifyInclusion(
    { index, leaf: hashLeaf(line), proof },
    { size: evidence.count, root: hexToBytes(evidence.root) },
  );

/**
 * SHA-256 in hexadecimal digits over the digests of the changes that a run used, in the order of its evidence: which
 * repository's state it asked about.
 */
export const snapshotDigest = (digests: string[]): string =>
  bytesToHex(sha256(utf8ToBytes(digests.join('\n'))));

/**
 * What a document pins of evidence that is not held as a whole.
 * @param leaves the hashes of its lines, in order.
 * @param digests of its changes, in the same order.
 */
export const pinnedBy = (leaves: Uint8Array[], digests: string[]) => {
  const { size, root } = headOfLeaves(leaves);
  return { root: bytesToHex(root), count: size, snapshotDigest: snapshotDigest(digests) };
};
