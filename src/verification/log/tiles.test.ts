import { expect, test } from 'vitest';
import { leavesOf } from '#testing/builders/merkle-leaves.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { LogFault } from './log-fault.ts';
import { rootAt, treeOf } from './merkle.ts';
import {
  decodeBundle,
  decodeHashes,
  type Edge,
  edgeOf,
  edgeTiles,
  encodeBundle,
  encodeHashes,
  growTiles,
  hashesAt,
  parseTilePath,
  type Tile,
  tilePath,
  tilesOfGrowth,
} from './tiles.ts';

test.each([
  // The index in the example of tlog-tiles.
  ['tile/0/x001/x234/067', { level: 0, index: 1_234_067, width: 256 }],
  ['tile/0/000', { level: 0, index: 0, width: 256 }],
  ['tile/1/999.p/1', { level: 1, index: 999, width: 1 }],
  ['tile/2/x001/000.p/255', { level: 2, index: 1000, width: 255 }],
  ['tile/63/000', { level: 63, index: 0, width: 256 }],
  ['tile/entries/x001/x234/067.p/9', { level: 'entries', index: 1_234_067, width: 9 }],
  ['tile/0/x009/x007/x199/x254/x740/991', { level: 0, index: Number.MAX_SAFE_INTEGER, width: 256 }],
] satisfies [string, Tile][])('%s is the path of a tile', (path, tile) => {
  expect(tilePath(tile)).toBe(path);
  expect(parseTilePath(path)).toEqual(tile);
});

test.each([
  'tile/64/000',
  'tile/00/000',
  'tile/-1/000',
  'tile/data/000',
  'tile/0/0',
  'tile/0/0000',
  'tile/0/x000/001',
  'tile/0/001/002',
  'tile/0/x001',
  'tile/0/x001/x002',
  'tile/0/X001/002',
  'tile/0/x009/x007/x199/x254/x740/992',
  'tile/0/000.p',
  'tile/0/000.p/',
  'tile/0/000.p/0',
  'tile/0/000.p/01',
  'tile/0/000.p/256',
  'tile/0/000.p/999',
  'tile/0/000/',
  '/tile/0/000',
  'tile/0/000\n',
  'tile/0/٠٠٠',
  '',
])('%j is the path of no tile', (path) => {
  expect(parseTilePath(path)).toBeNull();
});

test('the trees that tlog-tiles gives as examples have the tiles that it lists', () => {
  const count = (size: number) => {
    const counted: Record<string, number> = {};
    for (const { level, width } of tilesOfGrowth(0, size)) {
      const name = `${level}: ${width}`;
      counted[name] = (counted[name] ?? 0) + 1;
    }
    return counted;
  };
  expect(count(70_000)).toEqual({
    '0: 256': 273,
    '0: 112': 1,
    '1: 256': 1,
    '1: 17': 1,
    '2: 1': 1,
    'entries: 256': 273,
    'entries: 112': 1,
  });
  expect(count(256)).toEqual({ '0: 256': 1, '1: 1': 1, 'entries: 256': 1 });
  expect(count(0)).toEqual({});
});

test('the right edge is the partial tiles', () => {
  expect(edgeTiles(70_000)).toEqual([
    { level: 0, index: 273, width: 112 },
    { level: 1, index: 1, width: 17 },
    { level: 2, index: 0, width: 1 },
  ]);
  expect(edgeTiles(65_536)).toEqual([{ level: 2, index: 0, width: 1 }]);
  expect(edgeTiles(0)).toEqual([]);
});

const sizes = fc
  .tuple(fc.nat({ max: 200_000 }), fc.nat({ max: 200_000 }))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));

test('a growth writes exactly the tiles that the larger tree has and the smaller one has not', () => {
  fc.assert(
    fc.property(sizes, ({ from, to }) => {
      const before = new Set(tilesOfGrowth(0, from).map(tilePath));
      const after = tilesOfGrowth(0, to).map(tilePath);
      expect(tilesOfGrowth(from, to).map(tilePath)).toEqual(after.filter((path) => !before.has(path)));
    }),
  );
});

const most = 70_000;
const leaves = leavesOf(most);
const hashOf = treeOf(leaves);
/** A tile's hashes, by the definition of tlog-tiles: each is the root of a perfect subtree of 256^level leaves. */
const bytesOf = ({ level, index, width }: Tile<number>) =>
  encodeHashes(
    Array.from({ length: width }, (_, at) => hashOf({ level: 8 * level, index: index * 256 + at })),
  );
const headAt = (size: number) => ({ size, root: rootAt(size, hashOf) });
const edgeAt = (size: number): Edge =>
  edgeOf(
    headAt(size),
    edgeTiles(size).map((tile) => decodeHashes(bytesOf(tile), tile.width)),
  );
const hashTiles = (from: number, to: number) =>
  tilesOfGrowth(from, to).filter((tile): tile is Tile<number> => tile.level !== 'entries');

const checkGrowth = (from: number, to: number) => {
  const { head, edge, tiles } = growTiles(from, edgeAt(from), leaves.slice(from, to));
  expect(head).toEqual(headAt(to));
  expect(edge.map((hashes) => hashes.length)).toEqual(edge.map((_, level) => hashesAt(level, to) % 256));
  expect(
    edgeOf(
      head,
      edgeTiles(to).map(({ level }) => edge[level] ?? []),
    ),
  ).toEqual(edge);
  const byPath = new Map(tiles.map(({ tile, bytes }) => [tilePath(tile), bytes]));
  expect(byPath.size).toBe(tiles.length);
  expect(byPath).toEqual(new Map(hashTiles(from, to).map((tile) => [tilePath(tile), bytesOf(tile)])));
};

test.each([
  [0, 0],
  [0, 1],
  [255, 256],
  [256, 257],
  [0, 1000],
  [511, 513],
  [65_535, 65_536],
  [65_536, 65_537],
  [65_279, 65_800],
  [69_999, 70_000],
  [700, 700],
])('growing from %i to %i leaves gives the root and the tiles of the whole', (from, to) => {
  checkGrowth(from, to);
});

test('growing between any two sizes up to 1,000 gives the root and the tiles of the whole', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1000 }), fc.nat({ max: 1000 }), (a, b) => {
      checkGrowth(Math.min(a, b), Math.max(a, b));
    }),
  );
});

test('an edge is refused that is not that of the head', () => {
  const tiles = edgeTiles(700).map((tile) => decodeHashes(bytesOf(tile), tile.width));
  const [leafHashes, ...above] = tiles as [Uint8Array[], Uint8Array[]];
  const fault = expect.objectContaining({ kind: 'altered' });
  expect(() => edgeOf(headAt(700), [leafHashes.toReversed(), ...above])).toThrow(fault);
  expect(() => edgeOf(headAt(700), [leafHashes])).toThrow(fault);
  expect(() => edgeOf(headAt(701), tiles)).toThrow(fault);
  // The same root, but with the hash of a subtree in the place of its two leaves.
  const two = hashOf({ level: 1, index: 0 });
  expect(() => edgeOf(headAt(2), [[two]])).toThrow(fault);
});

const bundle = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 256 });

test('bundles hold entries of any bytes', () => {
  fc.assert(
    fc.property(bundle, (entries) => {
      expect(decodeBundle(encodeBundle(entries), entries.length)).toEqual(entries);
    }),
  );
});

test('an entry stands after its length, the higher byte first', () => {
  expect(encodeBundle([Uint8Array.of(7), new Uint8Array(), new Uint8Array(258)]).slice(0, 7)).toEqual(
    Uint8Array.of(0, 1, 7, 0, 0, 1, 2),
  );
  expect(decodeBundle(encodeBundle([new Uint8Array(65_535)]), 1)).toEqual([new Uint8Array(65_535)]);
  expect(() => encodeBundle([new Uint8Array(65_536)])).toThrow(RangeError);
});

test.each([
  ['fewer entries', [0, 1, 7], 2],
  ['more entries', [0, 1, 7, 0, 0], 1],
  ['half a length', [0, 1, 7, 0], 2],
  ['half an entry', [0, 2, 7], 1],
  ['no entry where one must be', [], 1],
])('a bundle with %s is malformed', (_, bytes, width) => {
  expect(() => decodeBundle(Uint8Array.from(bytes), width)).toThrow(LogFault);
});

test.each([0, 31, 33, 64, 8192])('%i bytes are no tile of one hash', (length) => {
  expect(() => decodeHashes(new Uint8Array(length), 1)).toThrow(LogFault);
});
