import { utf8ToBytes } from '@noble/hashes/utils.js';
import { hashLeaf } from '#verification/log/merkle.ts';

/** The entry that a test's log holds at an index. */
export const entryAt = (index: number): Uint8Array => utf8ToBytes(`entry ${index}`);

/** Leaf hashes of a log of `count` such entries. */
export const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => hashLeaf(entryAt(index)));

/** A copy with one bit of one byte changed. `at` counts around. */
export const withFlippedBit = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, index) => (index === Math.floor(at / 8) % bytes.length ? byte ^ (1 << (at % 8)) : byte));
