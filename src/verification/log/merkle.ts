import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';

/**
 * The Merkle tree of RFC 6962, section 2.1, over SHA-256. Hashes are 32 bytes. Sizes and indexes are integers up to
 * 2^53−1, so they are halved by division: JavaScript's shifts would cut them to 32 bits.
 */
export const hashBytes = 32;

/**
 * How many leaves a tree has, and what they hash to. The root does not commit to the size: a proof can also fit the
 * root together with a wrong size. Take both from one signed checkpoint.
 */
export type TreeHead = { size: number; root: Uint8Array };

/** A perfect subtree: its root stands `level` levels above the leaves, as the `index`-th of its level from the left. */
export type TreeNode = { level: number; index: number };

/** Reads the hash of a perfect subtree. */
export type HashOf = (node: TreeNode) => Uint8Array;

/** Leaves from `start` up to and without `end`. */
type LeafRange = { start: number; end: number };

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

/** The hash of a leaf with these bytes: SHA-256(0x00 ‖ data). */
export const hashLeaf = (data: Uint8Array): Uint8Array => sha256(concatBytes(leafPrefix, data));

/** The hash above two subtrees: SHA-256(0x01 ‖ left ‖ right). */
export const hashNode = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256(concatBytes(nodePrefix, left, right));

/** The root of the tree without leaves: SHA-256 of no bytes. A new array each time, because arrays can be written to. */
export const emptyRoot = (): Uint8Array => sha256(new Uint8Array());

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

/** Whether a number can be a size or an index. */
export const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** The largest perfect subtree with at most `count` (1 or more) leaves. */
const perfectUpTo = (count: number): { level: number; width: number } => {
  let [level, width] = [0, 1];
  while (width * 2 <= count) [level, width] = [level + 1, width * 2];
  return { level, width };
};

/** Where RFC 6962 splits a range of two or more leaves: after the largest power of two below their number. */
const splitOf = ({ start, end }: LeafRange): number => start + perfectUpTo(end - start - 1).width;

/** The perfect subtrees that make up a range, from left to right. The range starts where RFC 6962 splits, or at 0. */
export const nodesOf = (start: number, end: number): TreeNode[] => {
  const nodes: TreeNode[] = [];
  for (let at = start; at < end; ) {
    const { level, width } = perfectUpTo(end - at);
    nodes.push({ level, index: at / width });
    at += width;
  }
  return nodes;
};

/** The root above perfect subtrees that shrink from left to right, as those of `nodesOf` do. */
export const foldNodes = (hashes: Uint8Array[]): Uint8Array =>
  hashes.length === 0 ? emptyRoot() : hashes.reduceRight((right, left) => hashNode(left, right));

const hashOfRange = ({ start, end }: LeafRange, hashOf: HashOf) => foldNodes(nodesOf(start, end).map(hashOf));

const requireCounts = (...counts: number[]) => {
  if (!counts.every(isCount)) throw new RangeError(`Not a size or an index of a tree: ${counts.join(', ')}.`);
};

/** The root of the tree's first `size` leaves. */
export const rootAt = (size: number, hashOf: HashOf): Uint8Array => {
  requireCounts(size);
  return hashOfRange({ start: 0, end: size }, hashOf);
};

/** The subtrees beside the path from a leaf to the root, from the bottom up: PATH of RFC 6962, section 2.1.1. */
const rangesOfInclusion = (index: number, size: number): LeafRange[] => {
  requireCounts(index, size);
  if (index >= size) throw new RangeError(`A tree of ${size} leaves has no leaf ${index}.`);
  const ranges: LeafRange[] = [];
  for (let [start, end] = [0, size]; end - start > 1; ) {
    const split = splitOf({ start, end });
    if (index < split) {
      ranges.unshift({ start: split, end });
      end = split;
    } else {
      ranges.unshift({ start, end: split });
      start = split;
    }
  }
  return ranges;
};

/** The subtrees that lead from an older root to a newer one: PROOF and SUBPROOF of RFC 6962, section 2.1.2. */
const rangesOfConsistency = (from: number, to: number): LeafRange[] => {
  requireCounts(from, to);
  if (from > to) throw new RangeError(`A tree of ${to} leaves cannot extend one of ${from}.`);
  // A proof from the empty tree is empty: every tree extends it (tlog-witness, add-checkpoint).
  if (from === 0) return [];
  const ranges: LeafRange[] = [];
  let [start, end] = [0, to];
  while (from < end) {
    const split = splitOf({ start, end });
    if (from <= split) {
      ranges.unshift({ start: split, end });
      end = split;
    } else {
      ranges.unshift({ start, end: split });
      start = split;
    }
  }
  // Whoever checks the proof knows the older root itself, but not a part of it.
  if (start > 0) ranges.unshift({ start, end });
  return ranges;
};

/** The subtrees whose hashes an inclusion proof is made of. */
export const nodesOfInclusion = (index: number, size: number): TreeNode[] =>
  rangesOfInclusion(index, size).flatMap(({ start, end }) => nodesOf(start, end));

/** The subtrees whose hashes a consistency proof is made of. */
export const nodesOfConsistency = (from: number, to: number): TreeNode[] =>
  rangesOfConsistency(from, to).flatMap(({ start, end }) => nodesOf(start, end));

/**
 * An inclusion proof: hashes from the leaf's sibling up.
 * @throws RangeError where the tree of that size has no such leaf.
 */
export const proveInclusion = (index: number, size: number, hashOf: HashOf): Uint8Array[] =>
  rangesOfInclusion(index, size).map((range) => hashOfRange(range, hashOf));

/**
 * A consistency proof from the tree of `from` leaves to that of `to`. From an empty tree it is empty.
 * @throws RangeError where `from` is above `to`.
 */
export const proveConsistency = (from: number, to: number, hashOf: HashOf): Uint8Array[] =>
  rangesOfConsistency(from, to).map((range) => hashOfRange(range, hashOf));

const pairUp = (hashes: Uint8Array[]): Uint8Array[] => {
  const above: Uint8Array[] = [];
  for (let at = 0; at + 1 < hashes.length; at += 2)
    above.push(hashNode(hashes[at] as Uint8Array, hashes[at + 1] as Uint8Array));
  return above;
};

/** The whole tree over leaf hashes, in memory. What it returns reads every perfect subtree, and throws for others. */
export const treeOf = (leaves: Uint8Array[]): HashOf => {
  const levels = [leaves];
  for (let below = leaves; below.length > 1; levels.push(below)) below = pairUp(below);
  return ({ level, index }) => {
    const hash = levels[level]?.[index];
    if (hash === undefined) throw new RangeError(`The tree has no subtree ${index} at level ${level}.`);
    return hash;
  };
};
