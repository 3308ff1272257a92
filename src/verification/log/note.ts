import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { signatureBytes, verifyEd25519 } from './ed25519.ts';
import { readBase64, writeBase64 } from './encoding.ts';
import { LogFault } from './log-fault.ts';
import { isKeyName, type VerifierKey } from './verifier-key.ts';

/** Signed notes as C2SP's signed-note v1.0.0 gives them, with the cosignatures of tlog-cosignature v1.0.1. */

/** One signature line: `id` is eight hexadecimal digits, `signature` what the type of the key says. */
export type NoteSignature = { name: string; id: string; signature: Uint8Array };

/** `text` ends in a newline, and is what is signed. */
export type Note = { text: string; signatures: NoteSignature[] };

/** A verified signature. `timestamp` is a cosignature's time in seconds since 1970, null for the log's own. */
export type VerifiedSignature = { key: VerifierKey; timestamp: number | null };

export type NoteVerification =
  | { ok: true; signatures: VerifiedSignature[] }
  /** `bad signature`: one by a known key is wrong. `unknown keys`: no line is by a known key. */
  | { ok: false; failure: 'bad signature' | 'unknown keys' };

/** The specification asks for 16 at least. */
export const maxSignatures = 100;
const idBytes = 4;
const timestampBytes = 8;
const linePrefix = '— ';

const malformed = (message: string) => new LogFault('malformed', message);

// biome-ignore lint/suspicious/noControlCharactersInRegex: the specification names them.
const isNoteText = (text: string) => text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text);

const parseSignature = (line: string): NoteSignature => {
  const [name, encoded, ...rest] = line.slice(linePrefix.length).split(' ');
  if (!line.startsWith(linePrefix) || name === undefined || encoded === undefined || rest.length > 0)
    throw malformed('A signature line has the form "— <name> <base64>".');
  const bytes = readBase64(encoded);
  if (!isKeyName(name) || bytes === null || bytes.length <= idBytes)
    throw malformed('A signature line holds no key name, or no key id and signature in base64.');
  return { name, id: bytesToHex(bytes.subarray(0, idBytes)), signature: bytes.slice(idBytes) };
};

/**
 * Reads signature lines alone, each with its newline, as a witness answers them.
 * @throws LogFault `malformed` for other text, also for no line.
 */
export const parseSignatures = (lines: string): NoteSignature[] => {
  if (!lines.endsWith('\n')) throw malformed('The last signature line has no newline.');
  const signatures = lines.slice(0, -1).split('\n', maxSignatures + 1);
  if (signatures.length > maxSignatures) throw malformed(`A note has more than ${maxSignatures} signatures.`);
  return signatures.map(parseSignature);
};

/** Signature lines, each with its newline. */
export const writeSignatures = (signatures: NoteSignature[]): string =>
  signatures
    .map(
      ({ name, id, signature }) =>
        `${linePrefix}${name} ${writeBase64(concatBytes(hexToBytes(id), signature))}\n`,
    )
    .join('');

/**
 * Reads a signed note without verifying it.
 * @throws LogFault `malformed` for text of another form.
 */
export const parseNote = (note: string): Note => {
  if (!isNoteText(note)) throw malformed('A note holds a control character or a lone surrogate.');
  // The text may hold empty lines too, so the last one separates.
  const at = note.lastIndexOf('\n\n');
  if (at < 0) throw malformed('A note has no empty line before its signatures.');
  return { text: note.slice(0, at + 1), signatures: parseSignatures(note.slice(at + 2)) };
};

/**
 * The note's text, empty line and signature lines.
 * @throws RangeError for a text that a note cannot hold, and for more signatures.
 */
export const writeNote = ({ text, signatures }: Note): string => {
  if (signatures.length > maxSignatures)
    throw new RangeError(`A note cannot hold ${signatures.length} signatures.`);
  if (!isNoteText(text) || !text.endsWith('\n')) throw new RangeError('A note cannot hold this text.');
  return `${text}\n${writeSignatures(signatures)}`;
};

/** What a cosignature signs: the time and the checkpoint's text (tlog-cosignature, "Ed25519 signed message"). */
export const cosignedMessage = (text: string, timestamp: number): Uint8Array =>
  utf8ToBytes(`cosignature/v1\ntime ${timestamp}\n${text}`);

/** The time of a cosignature in seconds; null above 2^53−1, which no clock shows. */
const readTimestamp = (signature: Uint8Array): number | null => {
  const { buffer, byteOffset } = signature;
  const timestamp = Number(new DataView(buffer, byteOffset, timestampBytes).getBigUint64(0));
  return Number.isSafeInteger(timestamp) ? timestamp : null;
};

/** The clocks of two machines may differ. */
const clockSkewMs = 5 * 60_000;
/** No witness had a clock before. */
const earliestMs = Date.UTC(2000, 0);

/** Whether a cosignature can have been made at a time, in seconds since 1970: not in the future, nor before this century. */
export const isTimely = (timestamp: number | null, now: Date): timestamp is number =>
  timestamp !== null && timestamp * 1000 >= earliestMs && timestamp * 1000 <= now.getTime() + clockSkewMs;

const verifyBy = (key: VerifierKey, text: string, signature: Uint8Array): VerifiedSignature | null => {
  if (key.type === 'note')
    return verifyEd25519(key.publicKey, utf8ToBytes(text), signature) ? { key, timestamp: null } : null;
  if (signature.length !== timestampBytes + signatureBytes) return null;
  const timestamp = readTimestamp(signature);
  if (timestamp === null) return null;
  const message = cosignedMessage(text, timestamp);
  return verifyEd25519(key.publicKey, message, signature.subarray(timestampBytes))
    ? { key, timestamp }
    : null;
};

/**
 * Verifies all signatures by known keys. Lines by other keys are ignored, as the specification demands.
 * @returns One signature a key, in the order of the lines. Of a witness's several cosignatures it is the newest.
 */
export const verifyNote = ({ text, signatures }: Note, keys: VerifierKey[]): NoteVerification => {
  const verified = new Map<VerifierKey, VerifiedSignature>();
  for (const { name, id, signature } of signatures) {
    const key = keys.find((known) => known.name === name && known.id === id);
    if (key === undefined) continue;
    const one = verifyBy(key, text, signature);
    if (one === null) return { ok: false, failure: 'bad signature' };
    const before = verified.get(key);
    if (before === undefined || (before.timestamp ?? 0) < (one.timestamp ?? 0)) verified.set(key, one);
  }
  return verified.size === 0
    ? { ok: false, failure: 'unknown keys' }
    : { ok: true, signatures: [...verified.values()] };
};
