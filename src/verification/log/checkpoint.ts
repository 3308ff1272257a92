import { readBase64, readDecimal, writeBase64 } from './encoding.ts';
import { LogFault } from './log-fault.ts';
import { emptyRoot, hashBytes, sameBytes, type TreeHead } from './merkle.ts';
import { type Note, parseNote, type VerifiedSignature, verifyNote } from './note.ts';
import type { VerifierKey } from './verifier-key.ts';

/** Checkpoints as C2SP's tlog-checkpoint v1.0.0 gives them: a tree's head, as the text of a signed note. */
export type Checkpoint = TreeHead & { origin: string; extensions: string[] };

/** Whose signatures count. A log that rotates its key has several, a witness policy names its own. */
export type TrustedKeys = { origin: string; logKeys: VerifierKey[]; witnessKeys: VerifierKey[] };

export type CheckpointFailure = 'malformed' | 'other origin' | 'bad signature' | 'not signed by the log';

export type OpenedCheckpoint =
  | { ok: true; checkpoint: Checkpoint; signers: VerifierKey[]; witnesses: VerifiedSignature[] }
  | { ok: false; failure: CheckpointFailure };

/**
 * Reads the text of a checkpoint.
 * @throws LogFault `malformed` for other text, and for a head of size 0 with another root than that of no leaves.
 */
export const parseCheckpoint = (text: string): Checkpoint => {
  const [origin, decimals, encoded, ...extensions] = text.slice(0, -1).split('\n');
  if (!text.endsWith('\n') || !origin || decimals === undefined || encoded === undefined)
    throw new LogFault('malformed', 'A checkpoint has the lines origin, size and root.');
  if (extensions.includes('')) throw new LogFault('malformed', 'A checkpoint has an empty line.');
  const size = readDecimal(decimals);
  const root = readBase64(encoded);
  if (size === null || root?.length !== hashBytes)
    throw new LogFault(
      'malformed',
      'A checkpoint has no size in decimals, or no root of 32 bytes in base64.',
    );
  if (size === 0 && !sameBytes(root, emptyRoot()))
    throw new LogFault('malformed', 'A checkpoint of size 0 has another root than the empty tree.');
  return { origin, size, root, extensions };
};

/** The text of a checkpoint, to be signed as a note. */
export const checkpointText = ({ origin, size, root }: TreeHead & { origin: string }): string =>
  `${origin}\n${size}\n${writeBase64(root)}\n`;

/**
 * Opens a signed checkpoint: at least one of the log's keys signed it, and no signature by a known key is wrong.
 * Whether the witnesses' cosignatures suffice, and whether they are recent, is for the caller's policy.
 */
export const openCheckpoint = (
  signed: string,
  { origin, logKeys, witnessKeys }: TrustedKeys,
): OpenedCheckpoint => {
  let note: Note;
  let checkpoint: Checkpoint;
  try {
    note = parseNote(signed);
    checkpoint = parseCheckpoint(note.text);
  } catch (error) {
    if (error instanceof LogFault) return { ok: false, failure: 'malformed' };
    throw error;
  }
  if (checkpoint.origin !== origin) return { ok: false, failure: 'other origin' };
  // A key speaks for the log that it is named after, so that of another log does not speak for this one.
  const ofLog = logKeys.filter(({ type, name }) => type === 'note' && name === origin);
  const ofWitnesses = witnessKeys.filter(({ type }) => type === 'cosignature');
  const verified = verifyNote(note, [...ofLog, ...ofWitnesses]);
  if (!verified.ok)
    return {
      ok: false,
      failure: verified.failure === 'bad signature' ? verified.failure : 'not signed by the log',
    };
  const { signatures } = verified;
  const signers = signatures.map(({ key }) => key).filter((key) => ofLog.includes(key));
  if (signers.length === 0) return { ok: false, failure: 'not signed by the log' };
  const witnesses = signatures.filter(({ key }) => ofWitnesses.includes(key));
  return { ok: true, checkpoint, signers, witnesses };
};
