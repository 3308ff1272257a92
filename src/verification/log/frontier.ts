import { foldNodes, hashNode, nodesOf, type TreeHead } from './merkle.ts';

/**
 * What appending to a tree needs of it: the roots of its perfect subtrees along the right edge, from left to right
 * (a compact range from 0). At most 53 hashes, whatever the size.
 */
export type Frontier = { size: number; hashes: Uint8Array[] };

export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/**
 * The frontier after more leaves. The one given stays as it is.
 * @param leaves Leaf hashes, in order.
 */
export const extendFrontier = (frontier: Frontier, leaves: Iterable<Uint8Array>): Frontier => {
  const hashes = [...frontier.hashes];
  let size = frontier.size;
  for (const leaf of leaves) {
    let hash = leaf;
    // Each trailing one bit of the size is a perfect subtree that the new leaf completes to the next larger one.
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = hashes.pop();
      if (left === undefined) throw new RangeError('The frontier has fewer hashes than its size needs.');
      hash = hashNode(left, hash);
    }
    hashes.push(hash);
    size += 1;
  }
  return { size, hashes };
};

/** @throws RangeError where there are not as many hashes as the size needs. */
export const headOfFrontier = ({ size, hashes }: Frontier): TreeHead => {
  if (hashes.length !== nodesOf(0, size).length)
    throw new RangeError(`A frontier of size ${size} cannot have ${hashes.length} hashes.`);
  return { size, root: foldNodes(hashes) };
};
