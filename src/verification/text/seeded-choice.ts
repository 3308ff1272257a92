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

/** Choices of one pull request that anyone with its run's seed can make again. */
export type SeededChoice = {
  /** A whole number from 0 to below `count`, the same for the same label. */
  below(count: number, label: string): number;
  /** The list from a chosen place on, and then from its start: what is tried in turn until one will do. */
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
