import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * A number in [0, 1) that anyone can compute again from the run's published seed: the first 32 bits of the SHA-256 of
 * the parts, joined by NUL.
 */
export const seededFraction = (...parts: string[]): number => {
  const digest = sha256(utf8ToBytes(parts.join('\0')));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0) / 2 ** 32;
};
