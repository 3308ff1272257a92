import { describe, expect, test } from 'vitest';
import { entryAt, leavesOf, withFlippedBit } from '#testing/builders/merkle-leaves.ts';
import { examples, fc } from '#testing/runners/fuzzing.ts';
import { extendFrontier, headOfFrontier } from './frontier.ts';
import { proveConsistency, proveInclusion, rootAt, treeOf } from './merkle.ts';
import { readTiles } from './tile-reader.ts';
import { encodeBundle, growTiles, parseTilePath, tilePath, tilesOfGrowth } from './tiles.ts';

/** A log that kept the tiles of some sizes only, as one that signed checkpoints at these sizes does. */
const logOf = (...sizes: number[]) => {
  const most = sizes.at(-1) ?? 0;
  const leaves = leavesOf(most);
  const hashOf = treeOf(leaves);
  const files = new Map<string, Uint8Array>();
  let [size, edge] = [0, growTiles(0, [], []).edge];
  for (const next of sizes) {
    const grown = growTiles(size, edge, leaves.slice(size, next));
    for (const { tile, bytes } of grown.tiles) files.set(tilePath(tile), bytes);
    for (const tile of tilesOfGrowth(size, next).filter(({ level }) => level === 'entries')) {
      const entries = Array.from({ length: tile.width }, (_, at) => entryAt(tile.index * 256 + at));
      files.set(tilePath(tile), encodeBundle(entries));
    }
    [size, edge] = [next, grown.edge];
  }
  const headAt = (at: number) => ({ size: at, root: rootAt(at, hashOf) });
  const asked: string[] = [];
  const read = async (path: string) => {
    asked.push(path);
    return files.get(path) ?? null;
  };
  return { files, hashOf, headAt, asked, reader: (at: number) => readTiles(headAt(at), read) };
};

const collect = async (entries: AsyncGenerator<{ index: number; data: Uint8Array }>) => {
  const collected: { index: number; data: Uint8Array }[] = [];
  for await (const entry of entries) collected.push(entry);
  return collected;
};
const entriesOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ({ index: from + at, data: entryAt(from + at) }));

test('tiles give the same proofs, frontier and entries as the tree, at sizes 1 to 1,000', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1000 }),
      fc.nat({ max: 999 }),
      fc.nat({ max: 1000 }),
      async (size, anyIndex, anyFrom) => {
        const { hashOf, headAt, reader } = logOf(size);
        const tiles = reader(size);
        const [index, from] = [anyIndex % size, anyFrom % (size + 1)];
        expect(await tiles.proveInclusion(index)).toEqual(proveInclusion(index, size, hashOf));
        expect(await tiles.proveConsistency(from)).toEqual(proveConsistency(from, size, hashOf));
        expect(headOfFrontier(await tiles.frontier())).toEqual(headAt(size));
        expect(await collect(tiles.entries(from, size))).toEqual(entriesOf(from, size));
      },
    ),
    examples(40),
  );
});

describe('a log of three levels', () => {
  const size = 70_000;
  const log = logOf(size);

  test.each([0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999])('proves its entry %i', async (index) => {
    expect(await log.reader(size).proveInclusion(index)).toEqual(proveInclusion(index, size, log.hashOf));
  });

  test.each([1, 256, 257, 65_535, 65_536, 65_537, 69_888, 70_000])('extends its size %i', async (from) => {
    expect(await log.reader(size).proveConsistency(from)).toEqual(proveConsistency(from, size, log.hashOf));
  });

  test('is read with few tiles: the right edge, and one path of full ones', async () => {
    log.asked.length = 0;
    const tiles = log.reader(size);
    await tiles.proveInclusion(300);
    expect(log.asked.toSorted()).toEqual([
      'tile/0/001',
      'tile/0/273.p/112',
      'tile/1/000',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
    ]);

    log.asked.length = 0;
    await tiles.proveInclusion(1000);
    expect(log.asked).toEqual(['tile/0/003']);
  });

  test('lets a reader of all entries begin at its frontier', async () => {
    const frontier = await log.reader(size).frontier();
    const more = leavesOf(70_300);
    expect(headOfFrontier(extendFrontier(frontier, more.slice(size))).root).toEqual(
      rootAt(70_300, treeOf(more)),
    );
  });
});

test('a log that keeps earlier tiles serves its earlier sizes too', async () => {
  const log = logOf(3, 300, 600);
  for (const size of [3, 300, 600])
    expect(await log.reader(size).proveInclusion(1)).toEqual(proveInclusion(1, size, log.hashOf));
});

test('a full tile is read where the log deleted the partial one', async () => {
  const log = logOf(300, 600);
  for (const path of [...log.files.keys()]) if (/\/001\.p\//.test(path)) log.files.delete(path);
  const tiles = log.reader(300);
  expect(await tiles.proveInclusion(299)).toEqual(proveInclusion(299, 300, log.hashOf));
  expect(await collect(tiles.entries(250, 300))).toEqual(entriesOf(250, 300));
});

test('whichever file of a log is altered in one bit, nothing is read from it', async () => {
  const size = 600;
  const whole = logOf(size);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...whole.files.keys()), fc.nat({ max: 8 * 8192 }), async (path, at) => {
      const altered = withFlippedBit(whole.files.get(path) as Uint8Array, at);
      const tiles = readTiles(whole.headAt(size), async (asked) =>
        asked === path ? altered : (whole.files.get(asked) ?? null),
      );
      const { level, index = 0 } = parseTilePath(path) ?? {};
      const first = level === 1 ? 0 : index * 256;
      const reads =
        level === 'entries'
          ? [collect(tiles.entries(first, first + 1))]
          : [tiles.proveInclusion(first), collect(tiles.entries(first, first + 1))];
      for (const read of await Promise.allSettled(reads))
        expect(read).toMatchObject({ status: 'rejected', reason: { name: 'LogFault' } });
    }),
    examples(60),
  );
});

test.each([
  ['tile/0/000', 'missing', null],
  ['tile/0/002.p/88', 'missing', null],
  ['tile/1/000.p/2', 'missing', null],
  ['tile/entries/000', 'missing', null],
  ['tile/0/000', 'malformed', new Uint8Array(8191)],
  ['tile/0/002.p/88', 'malformed', new Uint8Array(8192)],
  ['tile/entries/000', 'malformed', new Uint8Array(3)],
  ['tile/0/000', 'altered', new Uint8Array(8192)],
  ['tile/entries/000', 'altered', new Uint8Array(512)],
])('%s that is %s is said to be so', async (path, kind, bytes) => {
  const { files, headAt } = logOf(600);
  const tiles = readTiles(headAt(600), async (asked) =>
    asked === path ? bytes : (files.get(asked) ?? null),
  );
  await expect(collect(tiles.entries(0, 600))).rejects.toMatchObject({ name: 'LogFault', kind });
});

test('a tree that hashes in itself but is not the one signed is altered', async () => {
  const log = logOf(600);
  const other = { size: 600, root: rootAt(600, treeOf(leavesOf(601).slice(1))) };
  const tiles = readTiles(other, async (path) => log.files.get(path) ?? null);
  await expect(tiles.proveInclusion(5)).rejects.toMatchObject({ kind: 'altered' });
});

test('an error of the port is passed on, and the next read tries again', async () => {
  const log = logOf(300);
  let isDown = true;
  const tiles = readTiles(log.headAt(300), async (path) => {
    if (isDown) throw new Error('connection refused');
    return log.files.get(path) ?? null;
  });
  await expect(tiles.frontier()).rejects.toThrow('connection refused');
  isDown = false;
  expect(headOfFrontier(await tiles.frontier())).toEqual(log.headAt(300));
});

test('what the tree does not have is out of range', async () => {
  const tiles = logOf(10).reader(10);
  await expect(tiles.proveInclusion(10)).rejects.toThrow(RangeError);
  await expect(tiles.proveConsistency(11)).rejects.toThrow(RangeError);
  await expect(collect(tiles.entries(0, 11))).rejects.toThrow(RangeError);
  await expect(collect(tiles.entries(-1, 3))).rejects.toThrow(RangeError);
});

test('the empty log is read without a tile', async () => {
  const log = logOf(0);
  const tiles = log.reader(0);
  expect(headOfFrontier(await tiles.frontier())).toEqual(log.headAt(0));
  expect(await tiles.proveConsistency(0)).toEqual([]);
  expect(await collect(tiles.entries(0, 0))).toEqual([]);
  expect(log.asked).toEqual([]);
});
