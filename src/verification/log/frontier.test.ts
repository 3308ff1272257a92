import { expect, test } from 'vitest';
import { leavesOf } from '#testing/builders/merkle-leaves.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { emptyFrontier, extendFrontier, headOfFrontier } from './frontier.ts';
import { rootAt, treeOf } from './merkle.ts';

const most = 1000;
const leaves = leavesOf(most);
const hashOf = treeOf(leaves);

test('a tree that grows leaf by leaf has the root of the whole at every size from 0 to 1,000', () => {
  let frontier = emptyFrontier;
  for (let size = 0; ; size++) {
    expect(headOfFrontier(frontier)).toEqual({ size, root: rootAt(size, hashOf) });
    const leaf = leaves[size];
    if (leaf === undefined) break;
    frontier = extendFrontier(frontier, [leaf]);
  }
});

test('it does not matter in which portions a tree grows, and older frontiers stay as they were', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: most }), { minLength: 1, maxLength: 8 }),
      (chosen) => {
        const sizes = chosen.toSorted((a, b) => a - b);
        const seen = [emptyFrontier];
        for (const size of sizes) {
          const last = seen.at(-1) ?? emptyFrontier;
          seen.push(extendFrontier(last, leaves.slice(last.size, size)));
        }
        expect(seen.map(headOfFrontier)).toEqual(
          [0, ...sizes].map((size) => ({ size, root: rootAt(size, hashOf) })),
        );
      },
    ),
  );
});

test('a frontier with too few or too many hashes has no head and cannot grow wrongly', () => {
  const [leaf] = leavesOf(1) as [Uint8Array];
  expect(() => headOfFrontier({ size: 3, hashes: [leaf] })).toThrow(RangeError);
  expect(() => headOfFrontier({ size: 2, hashes: [leaf, leaf] })).toThrow(RangeError);
  expect(() => extendFrontier({ size: 3, hashes: [leaf] }, [leaf])).toThrow(RangeError);
});
