import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { base64 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { leavesOf, withFlippedBit } from '#testing/builders/merkle-leaves.ts';
import { examples, fc } from '#testing/runners/fuzzing.ts';
import { proveConsistency, proveInclusion, rootAt, type TreeHead, treeOf } from './merkle.ts';
import { verifyConsistency, verifyInclusion } from './proofs.ts';

/** One of the published vectors. Byte arrays are base64. */
type Probe = { probe: string; proof: string[] | null; wantErr: boolean } & (
  | { leafIdx: number; treeSize: number; leafHash: string; root: string }
  | { size1: number; size2: number; root1: string; root2: string }
);

// testdata/inclusion and testdata/consistency of transparency-dev/merkle (Apache-2.0, commit 417fb0c3), a line a file.
const probes: Probe[] = readFileSync(
  join(import.meta.dirname, '../../testing/fixtures/merkle-probes.jsonl'),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

describe('the vectors of transparency-dev/merkle', () => {
  test('are all there', () => {
    expect(probes.filter((probe) => 'leafIdx' in probe)).toHaveLength(98);
    expect(probes.filter((probe) => 'size1' in probe)).toHaveLength(98);
  });

  test.each(probes)('$probe', (probe) => {
    const proof = (probe.proof ?? []).map((hash) => base64.decode(hash));
    const verified =
      'leafIdx' in probe
        ? verifyInclusion(
            { index: probe.leafIdx, leaf: base64.decode(probe.leafHash), proof },
            { size: probe.treeSize, root: base64.decode(probe.root) },
          )
        : verifyConsistency(
            { size: probe.size1, root: base64.decode(probe.root1) },
            { size: probe.size2, root: base64.decode(probe.root2) },
            proof,
          );
    // One vector has equal roots of 17 bytes. We take no root that SHA-256 cannot give.
    const isHash = 'root' in probe || base64.decode(probe.root1).length === 32;
    expect(verified).toBe(!probe.wantErr && isHash);
  });
});

const most = 1000;
const leaves = leavesOf(most);
const hashOf = treeOf(leaves);
const heads: TreeHead[] = Array.from({ length: most + 1 }, (_, size) => ({
  size,
  root: rootAt(size, hashOf),
}));
const headAt = (size: number) => heads[size] as TreeHead;
const leafAt = (index: number) => leaves[index] as Uint8Array;
const everySmallSize = Array.from({ length: 36 }, (_, at) => at + 1);

const leafInTree = fc
  .integer({ min: 1, max: most })
  .chain((size) => fc.record({ size: fc.constant(size), index: fc.integer({ min: 0, max: size - 1 }) }));
const growth = fc
  .integer({ min: 1, max: most })
  .chain((to) => fc.record({ to: fc.constant(to), from: fc.integer({ min: 1, max: to }) }));
const bit = fc.nat({ max: 32 * 8 - 1 });
/** Which hash of a proof to alter. It counts around. */
const place = fc.nat({ max: 63 });

const alterOne = (proof: Uint8Array[], at: number, bitAt: number) =>
  proof.map((hash, index) => (index === at % proof.length ? withFlippedBit(hash, bitAt) : hash));
const altered = (proof: Uint8Array[], at: number, bitAt: number): Uint8Array[][] => {
  const added = [
    [...proof, leafAt(0)],
    [leafAt(0), ...proof],
  ];
  if (proof.length === 0) return added;
  const cut = [proof.slice(1), proof.slice(0, -1), proof.map((hash) => hash.slice(0, 31))];
  return [alterOne(proof, at, bitAt), ...cut, ...added];
};

test('every leaf is proven in every tree of up to 36 leaves, and at no other index', () => {
  for (const size of everySmallSize)
    for (let index = 0; index < size; index++) {
      const proof = proveInclusion(index, size, hashOf);
      const verifiedAt = Array.from({ length: size + 1 }, (_, at) => at).filter((at) =>
        verifyInclusion({ index: at, leaf: leafAt(index), proof }, headAt(size)),
      );
      expect(verifiedAt).toEqual([index]);
    }
});

test('every tree of up to 36 leaves extends every earlier one, and the proof fits no other earlier size', () => {
  for (const to of everySmallSize)
    for (let from = 1; from <= to; from++) {
      const proof = proveConsistency(from, to, hashOf);
      const verifiedFrom = Array.from({ length: to + 1 }, (_, size) => size).filter((size) =>
        verifyConsistency({ size, root: headAt(from).root }, headAt(to), proof),
      );
      expect(verifiedFrom).toEqual([from]);
    }
});

test('an inclusion proof verifies, and none with an altered leaf, root, proof, index or head does', () => {
  fc.assert(
    fc.property(
      leafInTree,
      place,
      bit,
      fc.integer({ min: -1, max: most }),
      fc.integer({ min: 0, max: most }),
      ({ index, size }, at, bitAt, otherIndex, otherSize) => {
        const head = headAt(size);
        const claim = { index, leaf: leafAt(index), proof: proveInclusion(index, size, hashOf) };
        expect(verifyInclusion(claim, head)).toBe(true);

        expect(verifyInclusion({ ...claim, leaf: withFlippedBit(claim.leaf, bitAt) }, head)).toBe(false);
        expect(verifyInclusion(claim, { size, root: withFlippedBit(head.root, bitAt) })).toBe(false);
        for (const proof of altered(claim.proof, at, bitAt))
          expect(verifyInclusion({ ...claim, proof }, head)).toBe(false);
        if (otherIndex !== index) expect(verifyInclusion({ ...claim, index: otherIndex }, head)).toBe(false);
        if (otherSize !== size) expect(verifyInclusion(claim, headAt(otherSize))).toBe(false);
      },
    ),
    examples(300),
  );
});

test('a consistency proof verifies, and none with an altered root, proof, size or head does', () => {
  fc.assert(
    fc.property(growth, place, bit, fc.integer({ min: 0, max: most }), ({ from, to }, at, bitAt, other) => {
      const [older, newer] = [headAt(from), headAt(to)];
      const proof = proveConsistency(from, to, hashOf);
      expect(verifyConsistency(older, newer, proof)).toBe(true);

      const flip = ({ size, root }: TreeHead) => ({ size, root: withFlippedBit(root, bitAt) });
      expect(verifyConsistency(flip(older), newer, proof)).toBe(false);
      expect(verifyConsistency(older, flip(newer), proof)).toBe(false);
      for (const wrong of altered(proof, at, bitAt))
        expect(verifyConsistency(older, newer, wrong)).toBe(false);
      if (other !== from) {
        expect(verifyConsistency({ ...older, size: other }, newer, proof)).toBe(false);
        expect(verifyConsistency(headAt(other), newer, proof)).toBe(false);
      }
      if (other !== to) expect(verifyConsistency(older, headAt(other), proof)).toBe(false);
    }),
    examples(300),
  );
});

test('sizes beyond 2^32 are computed whole', () => {
  // A tree whose subtrees are all alike has one hash a level, so its proofs can be written down without its leaves.
  const size = 2 ** 40 + 2 ** 33 + 1;
  const byLevel: Uint8Array[] = [leafAt(0)];
  const alike = treeOf([leafAt(0), leafAt(0)]);
  for (let level = 1; level <= 40; level++) {
    const below = byLevel[level - 1] as Uint8Array;
    byLevel.push(treeOf([below, below])({ level: 1, index: 0 }));
  }
  expect(byLevel[1]).toEqual(alike({ level: 1, index: 0 }));
  const read = ({ level }: { level: number }) => byLevel[level] as Uint8Array;
  const head = { size, root: rootAt(size, read) };
  for (const index of [0, 2 ** 32, 2 ** 40 - 1, 2 ** 40 + 2 ** 32, size - 1]) {
    const claim = { index, leaf: leafAt(0), proof: proveInclusion(index, size, read) };
    expect(verifyInclusion(claim, head)).toBe(true);
    expect(verifyInclusion({ ...claim, proof: claim.proof.slice(1) }, head)).toBe(false);
  }
  for (const from of [1, 2 ** 32 + 3, 2 ** 40, size - 1])
    expect(
      verifyConsistency({ size: from, root: rootAt(from, read) }, head, proveConsistency(from, size, read)),
    ).toBe(true);
});
