import { readDecimal } from './encoding.ts';
import { LogFault } from './log-fault.ts';
import { isTimely, type NoteSignature, parseNote, parseSignatures, verifyNote } from './note.ts';
import { writeHashLines } from './tlog-proof.ts';
import type { VerifierKey } from './verifier-key.ts';

/** What a log and a witness say to each other: `add-checkpoint` of C2SP's tlog-witness v1.0.0. */
export type AddCheckpoint = {
  /** The size that the witness saw last, 0 where that is not known. */
  oldSize: number;
  /** The consistency proof from there; empty from size 0. */
  proof: Uint8Array[];
  /** The signed note, as the log serves it. */
  checkpoint: string;
};

/** An HTTP answer. `contentType` is the header's value or null. */
export type WitnessResponse = { status: number; contentType: string | null; body: string };

/** A witness's line, and its time in seconds since 1970. */
export type Cosignature = NoteSignature & { timestamp: number };

export type WitnessAnswer =
  /** One cosignature for each key of the witness that made any, verified, to be added to the checkpoint. */
  | { kind: 'cosigned'; signatures: Cosignature[] }
  /**
   * The witness has seen a tree of another size. Ask again with a proof from there. If it is larger than the checkpoint,
   * this log has lost entries that it signed.
   */
  | { kind: 'saw other size'; size: number }
  /** What the witness has seen and this checkpoint cannot be states of one tree, or the proof is wrong. */
  | { kind: 'inconsistent' }
  | { kind: 'unknown log' }
  | { kind: 'log key not trusted' }
  | { kind: 'request refused' }
  /** An answer that the specification does not name, such as a server's error. Ask again later. */
  | { kind: 'no answer'; status: number }
  /** Status 200 without what the specification demands. */
  | { kind: 'unusable'; detail: string };

/** A request's body. */
export const writeAddCheckpoint = ({ oldSize, proof, checkpoint }: AddCheckpoint): string =>
  `old ${oldSize}\n${writeHashLines(proof)}\n${checkpoint}`;

const sizeType = 'text/x.tlog.size';

/**
 * The size in a conflict. Up to v1.0.0 a witness answers 409 also for a checkpoint of the size that it saw last but
 * with another root, for which later versions have 422. Such an answer has no size, or the very size that was asked
 * for, and asking again would not help.
 */
const readConflict = ({ contentType, body }: WitnessResponse, oldSize: number): WitnessAnswer => {
  const isSize = contentType?.split(';')[0]?.trim().toLowerCase() === sizeType && body.endsWith('\n');
  const size = isSize ? readDecimal(body.slice(0, -1)) : null;
  return size === null || size === oldSize ? { kind: 'inconsistent' } : { kind: 'saw other size', size };
};

const readCosignatures = (
  body: string,
  checkpoint: string,
  keys: VerifierKey[],
  now: Date,
): WitnessAnswer => {
  const cosignatureKeys = keys.filter(({ type }) => type === 'cosignature');
  let lines: NoteSignature[];
  try {
    lines = parseSignatures(body);
  } catch (error) {
    if (error instanceof LogFault) return { kind: 'unusable', detail: error.message };
    throw error;
  }
  const { text } = parseNote(checkpoint);
  // A witness may answer many lines. A note has no room for more than the newest of each key.
  const newest = new Map<VerifierKey, Cosignature>();
  for (const line of lines) {
    const verified = verifyNote({ text, signatures: [line] }, cosignatureKeys);
    if (!verified.ok) {
      if (verified.failure === 'unknown keys') continue;
      return { kind: 'unusable', detail: `The answer has cosignatures, but: ${verified.failure}.` };
    }
    for (const { key, timestamp } of verified.signatures) {
      if (!isTimely(timestamp, now))
        return { kind: 'unusable', detail: 'A cosignature is dated in the future, or before 2000.' };
      if (timestamp > (newest.get(key)?.timestamp ?? 0)) newest.set(key, { ...line, timestamp });
    }
  }
  if (newest.size === 0)
    return { kind: 'unusable', detail: 'No cosignature in the answer is by the key of this witness.' };
  return { kind: 'cosigned', signatures: [...newest.values()] };
};

/**
 * What a witness's answer to `add-checkpoint` means.
 * @param keys The witness's own keys. Cosignatures by others are ignored.
 * @param now when it was answered: no cosignature is of a later time.
 */
export const readWitnessAnswer = (
  response: WitnessResponse,
  { oldSize, checkpoint }: AddCheckpoint,
  keys: VerifierKey[],
  now: Date,
): WitnessAnswer => {
  switch (response.status) {
    case 200:
      return readCosignatures(response.body, checkpoint, keys, now);
    case 400:
      return { kind: 'request refused' };
    case 403:
      return { kind: 'log key not trusted' };
    case 404:
      return { kind: 'unknown log' };
    case 409:
      return readConflict(response, oldSize);
    case 422:
      return { kind: 'inconsistent' };
    default:
      return { kind: 'no answer', status: response.status };
  }
};
