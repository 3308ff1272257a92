import { hashBytes, hashNode, isCount, nodesOf, sameBytes, type TreeHead } from './merkle.ts';

const isOdd = (value: number) => value % 2 === 1;
const half = (value: number) => Math.floor(value / 2);
const areHashes = (...hashes: Uint8Array[]) => hashes.every(({ length }) => length === hashBytes);

/**
 * Where a walk from a node up to the root stands: the node, and the last one of its level. A node that is last and even
 * has no sibling; it stands unchanged on the levels above until it is a right child.
 */
type Climb = { node: number; last: number };

const up = ({ node, last }: Climb): Climb => ({ node: half(node), last: half(last) });
const joinsLeft = ({ node, last }: Climb) => isOdd(node) || node === last;
const afterLeft = (climb: Climb): Climb => {
  let at = climb;
  while (!isOdd(at.node) && at.node !== 0) at = up(at);
  return up(at);
};

/**
 * Whether a leaf with this hash is the `index`-th (from 0) of the tree. The algorithm of RFC 9162, section 2.1.3.2,
 * whose trees are those of RFC 6962. Anything malformed is false.
 * @param proof Hashes from the leaf's sibling up.
 */
export const verifyInclusion = (
  { index, leaf, proof }: { index: number; leaf: Uint8Array; proof: Uint8Array[] },
  { size, root }: TreeHead,
): boolean => {
  if (!isCount(index) || !isCount(size) || index >= size || !areHashes(leaf, root, ...proof)) return false;
  let climb: Climb = { node: index, last: size - 1 };
  let hash = leaf;
  for (const sibling of proof) {
    if (climb.last === 0) return false;
    if (joinsLeft(climb)) {
      hash = hashNode(sibling, hash);
      climb = afterLeft(climb);
    } else {
      hash = hashNode(hash, sibling);
      climb = up(climb);
    }
  }
  return climb.last === 0 && sameBytes(hash, root);
};

/**
 * Whether the newer tree holds the older one's leaves unchanged and in front. The algorithm of RFC 9162, section
 * 2.1.4.2. The older tree must have a leaf: every tree extends the empty one, which is no statement to prove. Trees of
 * one size need the same root and an empty proof. Anything malformed is false.
 */
export const verifyConsistency = (older: TreeHead, newer: TreeHead, proof: Uint8Array[]): boolean => {
  if (!isCount(older.size) || !isCount(newer.size) || older.size === 0 || older.size > newer.size)
    return false;
  if (!areHashes(older.root, newer.root, ...proof)) return false;
  if (older.size === newer.size) return proof.length === 0 && sameBytes(older.root, newer.root);
  if (proof.length === 0) return false;

  // A perfect older tree is a subtree of the newer one, so the proof leaves its root out.
  const [first, ...rest] = nodesOf(0, older.size).length === 1 ? [older.root, ...proof] : proof;
  if (first === undefined) return false;
  let climb: Climb = { node: older.size - 1, last: newer.size - 1 };
  while (isOdd(climb.node)) climb = up(climb);
  let [olderHash, newerHash] = [first, first];
  for (const sibling of rest) {
    if (climb.last === 0) return false;
    if (joinsLeft(climb)) {
      olderHash = hashNode(sibling, olderHash);
      newerHash = hashNode(sibling, newerHash);
      climb = afterLeft(climb);
    } else {
      newerHash = hashNode(newerHash, sibling);
      climb = up(climb);
    }
  }
  return climb.last === 0 && sameBytes(olderHash, older.root) && sameBytes(newerHash, newer.root);
};
