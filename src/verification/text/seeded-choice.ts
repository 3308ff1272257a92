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

/** Choices for one pull request that anyone who has the run's seed can repeat. */
export type SeededChoice = {
  /** A whole number from 0 to `count` − 1, always the same for the same label. */
  below(count: number, label: string): number;
  /** The list rotated to start at a chosen place, for callers that try one item after another. */
  turned<T>(list: readonly T[], label: string): T[];
};

export function seededChoice(seed: string, groundTruthId: string): SeededChoice {
  const below = (count: number, label: string): number =>
    Math.floor(seededFraction('canary', seed, groundTruthId, label) * count);
  return {
    below,
    turned: (list, label) => {
      const start = below(list.length, label);
      return [...list.slice(start), ...list.slice(0, start)];
    },
  };
}
