import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { checkpointText } from '../checkpoint.ts';
import { isCount, type TreeHead } from '../merkle.ts';
import { cosignedMessage, type NoteSignature, writeNote } from '../note.ts';
import type { VerifierKey } from '../verifier-key.ts';

/** Holds a private key, or reaches what does. Signs as RFC 8032 says; a signature has 64 bytes. */
export type NoteSigner = { key: VerifierKey; sign(message: Uint8Array): Promise<Uint8Array> };

/**
 * The line of the log itself over a note's text.
 * @throws RangeError for a witness's key.
 */
export const signNote = async (text: string, { key, sign }: NoteSigner): Promise<NoteSignature> => {
  if (key.type !== 'note') throw new RangeError(`${key.name} is a key for cosignatures.`);
  return { name: key.name, id: key.id, signature: await sign(utf8ToBytes(text)) };
};

/**
 * A witness's line over the text of a checkpoint.
 * @param timestamp Seconds since 1970.
 * @throws RangeError for a log's key and for times that a cosignature cannot hold.
 */
export const cosignNote = async (
  text: string,
  timestamp: number,
  { key, sign }: NoteSigner,
): Promise<NoteSignature> => {
  if (key.type !== 'cosignature' || !isCount(timestamp))
    throw new RangeError(`${key.name} cannot cosign at ${timestamp}.`);
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(timestamp));
  return {
    name: key.name,
    id: key.id,
    signature: concatBytes(time, await sign(cosignedMessage(text, timestamp))),
  };
};

/** A signed checkpoint. While the log rotates its key, it has two signers. */
export const signCheckpoint = async (
  head: TreeHead & { origin: string },
  signers: NoteSigner[],
): Promise<string> => {
  const text = checkpointText(head);
  return writeNote({ text, signatures: await Promise.all(signers.map((signer) => signNote(text, signer))) });
};
