import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { publicKeyBytes } from './ed25519.ts';
import { readBase64, writeBase64 } from './encoding.ts';
import { LogFault } from './log-fault.ts';

/**
 * The signature types of signed-note that a log here uses: a log signs its checkpoints as notes, a witness signs them
 * together with its time.
 */
const typeBytes = { note: 0x01, cosignature: 0x04 } as const;
export type SignatureType = keyof typeof typeBytes;

/** Ed25519 throughout. `id` is eight lower-case hexadecimal digits. Name and id together name one key and its type. */
export type VerifierKey = { name: string; id: string; type: SignatureType; publicKey: Uint8Array };

/** signed-note, "Format": no Unicode spaces and no plus in a name, and no control characters anywhere in a note. */
export const isKeyName = (name: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification names them.
  name !== '' && name.isWellFormed() && !/[\p{White_Space}+\u0000-\u001f]/u.test(name);

/**
 * The specification leaves it to whoever verifies which keys are trusted. A name that drives a terminal, or that looks like
 * another, is not one of ours. Lines by such keys are read, and ignored.
 */
const isPlainName = (name: string): boolean => isKeyName(name) && !/[\p{Cc}\p{Cf}]/u.test(name);

const materialOf = (type: SignatureType, publicKey: Uint8Array) =>
  concatBytes(Uint8Array.of(typeBytes[type]), publicKey);

/** SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4] (signed-note, "Signatures"; tlog-cosignature, "Format"). */
const keyIdOf = (name: string, material: Uint8Array) =>
  bytesToHex(sha256(concatBytes(utf8ToBytes(`${name}\n`), material)).subarray(0, 4));

/**
 * The verifier key of a public key.
 * @param publicKey 32 bytes, as RFC 8032 encodes it.
 * @throws RangeError for another length, or a name that a signature line cannot hold.
 */
export const verifierKey = (name: string, type: SignatureType, publicKey: Uint8Array): VerifierKey => {
  if (!isPlainName(name)) throw new RangeError(`"${name}" cannot be the name of a key.`);
  if (publicKey.length !== publicKeyBytes)
    throw new RangeError(`An Ed25519 key has ${publicKeyBytes} bytes, not ${publicKey.length}.`);
  return { name, id: keyIdOf(name, materialOf(type, publicKey)), type, publicKey };
};

/** The key as a vkey: `<name>+<id>+<base64 of type and key>`. */
export const writeVerifierKey = ({ name, id, type, publicKey }: VerifierKey): string =>
  `${name}+${id}+${writeBase64(materialOf(type, publicKey))}`;

/**
 * Reads a vkey (signed-note, "Verifier keys"). The id must be the one that the specification gives for
 * these types.
 * @throws LogFault `malformed` for other texts and other types of signature.
 */
export const parseVerifierKey = (vkey: string): VerifierKey => {
  // Base64 may hold a plus too, a name may not.
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(vkey) ?? [];
  if (name === undefined || id === undefined || encoded === undefined || !isPlainName(name))
    throw new LogFault('malformed', 'A verifier key has the form <name>+<id>+<base64 of type and key>.');
  const material = readBase64(encoded);
  if (material === null) throw new LogFault('malformed', `The key of ${name} is not base64.`);
  const type = (Object.keys(typeBytes) as SignatureType[]).find((each) => typeBytes[each] === material[0]);
  if (type === undefined || material.length !== 1 + publicKeyBytes)
    throw new LogFault('malformed', `The key of ${name} is not an Ed25519 key for notes or cosignatures.`);
  if (keyIdOf(name, material) !== id)
    throw new LogFault('malformed', `The id ${id} is not that of the key of ${name}.`);
  return { name, id, type, publicKey: material.slice(1) };
};
