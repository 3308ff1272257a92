import {
  type CheckpointFailure,
  type OpenedCheckpoint,
  openCheckpoint,
  type TrustedKeys,
} from './checkpoint.ts';
import { readBase64, readDecimal, writeBase64 } from './encoding.ts';
import { LogFault } from './log-fault.ts';
import { hashBytes } from './merkle.ts';
import { verifyInclusion } from './proofs.ts';

/**
 * A `.tlog-proof` as C2SP's tlog-proof gives it (commit ab17a741): a signed checkpoint and the proof of one of its
 * entries. `extra` is not authenticated by anything.
 */
export type TlogProof = {
  extra: Uint8Array | null;
  index: number;
  /** Hashes from the leaf's sibling up. */
  proof: Uint8Array[];
  /** The signed note, as the log served it. */
  checkpoint: string;
};

export type TlogProofVerification =
  | Extract<OpenedCheckpoint, { ok: true }>
  | { ok: false; failure: CheckpointFailure | 'not included' };

const firstLine = 'c2sp.org/tlog-proof@v1';
/** A tree of 2^53−1 leaves has paths of at most 53. */
const maxProofLines = 63;

const malformed = (message: string) => new LogFault('malformed', message);

/** Hashes as lines of base64, each with its newline. */
export const writeHashLines = (hashes: Uint8Array[]): string =>
  hashes.map((hash) => `${writeBase64(hash)}\n`).join('');

export const writeTlogProof = ({ extra, index, proof, checkpoint }: TlogProof): string =>
  [
    `${firstLine}\n`,
    extra === null ? '' : `extra ${writeBase64(extra)}\n`,
    `index ${index}\n`,
    writeHashLines(proof),
    `\n${checkpoint}`,
  ].join('');

/**
 * Reads a proof. The checkpoint within stays text; it is read where it is verified.
 * @throws LogFault `malformed` for text of another form.
 */
export const parseTlogProof = (text: string): TlogProof => {
  // No line of the proof is empty, so the first empty line ends it.
  const end = text.indexOf('\n\n');
  const [first, ...lines] = text.slice(0, Math.max(end, 0)).split('\n');
  if (first !== firstLine)
    throw malformed(`A proof begins with the line ${firstLine}, and has an empty line.`);
  const extra = lines[0]?.startsWith('extra ')
    ? readBase64(lines.shift()?.slice('extra '.length) ?? '')
    : undefined;
  if (extra === null) throw malformed("A proof's extra data are not base64.");
  const indexLine = lines.shift() ?? '';
  const index = indexLine.startsWith('index ') ? readDecimal(indexLine.slice('index '.length)) : null;
  if (index === null) throw malformed('A proof has no line with its index in decimals.');
  if (lines.length > maxProofLines) throw malformed(`A proof has more than ${maxProofLines} hashes.`);
  const proof = lines.map((line) => {
    const hash = readBase64(line);
    if (hash?.length !== hashBytes) throw malformed('A line of a proof is not a hash of 32 bytes in base64.');
    return hash;
  });
  return { extra: extra ?? null, index, proof, checkpoint: text.slice(end + 2) };
};

/**
 * Verifies that the log's checkpoint holds the leaf (tlog-proof, "Verifying a tlog proof", steps 2 to 4).
 * @param leaf The hash of the leaf that the caller computed from the entry itself.
 */
export const verifyTlogProof = (
  { index, proof, checkpoint }: TlogProof,
  leaf: Uint8Array,
  keys: TrustedKeys,
): TlogProofVerification => {
  const opened = openCheckpoint(checkpoint, keys);
  if (!opened.ok) return opened;
  return verifyInclusion({ index, leaf, proof }, opened.checkpoint)
    ? opened
    : { ok: false, failure: 'not included' };
};
