import { concatBytes } from '@noble/hashes/utils.js';
import { LogFault } from './log-fault.ts';
import { foldNodes, hashBytes, isCount, nodesOf, sameBytes, type TreeHead, treeOf } from './merkle.ts';

/** The files in which a log serves its tree, as C2SP's tlog-tiles gives them (commit ab17a741). */

/** How many hashes a full tile has, and how many entries a full bundle. */
export const tileWidth = 256;
export const tileHeight = 8;
/** The prefix of an entry's length in a bundle has 16 bits. */
const maxEntryBytes = 0xffff;

/**
 * One file of the tree: the `index`-th of its level from the left, with `width` hashes (1 to 256; below 256 it is
 * partial). The hashes of level L are the roots of perfect subtrees with 256^L leaves. `entries` are the leaves' own
 * bytes, bundled like the hashes of level 0.
 */
export type Tile<Level = number | 'entries'> = { level: Level; index: number; width: number };

const tilePattern = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;
const maxLevel = 63;

/** The path of a tile below the log's prefix, as `tile/0/x001/x234/067.p/8`. */
export const tilePath = ({ level, index, width }: Tile): string => {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${path}${width < tileWidth ? `.p/${width}` : ''}`;
};

/** The tile that a path names, or null if no tile has exactly that path. */
export const parseTilePath = (path: string): Tile | null => {
  const [, level, groups, width] = tilePattern.exec(path) ?? [];
  if (level === undefined || groups === undefined) return null;
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.replaceAll(/[x/]/g, '')),
    width: width === undefined ? tileWidth : Number(width),
  };
  const isTile = (tile.level === 'entries' || tile.level <= maxLevel) && isCount(tile.index);
  // A tile has one path: without leading groups of zeros, and without a width where it is full.
  return isTile && tilePath(tile) === path ? tile : null;
};

/** How many hashes a level of tiles has: the tree's complete subtrees of 256^level leaves. */
export const hashesAt = (level: number, size: number): number => Math.floor(size / tileWidth ** level);

/** The partial tiles of a tree, from level 0 up. They are its right edge, and all that appending to it needs. */
export const edgeTiles = (size: number): Tile<number>[] => {
  const tiles: Tile<number>[] = [];
  for (let level = 0; hashesAt(level, size) > 0; level++) {
    const hashes = hashesAt(level, size);
    const width = hashes % tileWidth;
    if (width > 0) tiles.push({ level, index: (hashes - width) / tileWidth, width });
  }
  return tiles;
};

const tilesBetween = (level: Tile['level'], from: number, to: number): Tile[] => {
  const tiles: Tile[] = [];
  for (let index = Math.floor(from / tileWidth); index * tileWidth < to && from < to; index++)
    tiles.push({ level, index, width: Math.min(tileWidth, to - index * tileWidth) });
  return tiles;
};

/**
 * The files that a tree of `to` leaves has and one of `from` does not: hash tiles from level 0 up, then bundles. Sizes
 * between the two, for which no checkpoint is signed, get no partial tiles.
 */
export const tilesOfGrowth = (from: number, to: number): Tile[] => {
  const hashTiles: Tile[] = [];
  for (let level = 0; hashesAt(level, to) > 0; level++)
    hashTiles.push(...tilesBetween(level, hashesAt(level, from), hashesAt(level, to)));
  return [...hashTiles, ...tilesBetween('entries', from, to)];
};

/** A hash tile's bytes. */
export const encodeHashes = (hashes: Uint8Array[]): Uint8Array => concatBytes(...hashes);

/** @throws LogFault `malformed` where the bytes are not `width` hashes. */
export const decodeHashes = (bytes: Uint8Array, width: number): Uint8Array[] => {
  if (bytes.length !== width * hashBytes)
    throw new LogFault('malformed', `A tile of ${width} hashes has ${bytes.length} bytes.`);
  return Array.from({ length: width }, (_, at) => bytes.slice(at * hashBytes, (at + 1) * hashBytes));
};

/**
 * A bundle's bytes: each entry after its length in 16 bits, the higher byte first.
 * @throws RangeError for an entry above 65,535 bytes.
 */
export const encodeBundle = (entries: Uint8Array[]): Uint8Array =>
  concatBytes(
    ...entries.flatMap((entry) => {
      if (entry.length > maxEntryBytes)
        throw new RangeError(`An entry of ${entry.length} bytes does not fit into a bundle.`);
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );

/** @throws LogFault `malformed` where the bytes are not exactly `width` entries. */
export const decodeBundle = (bytes: Uint8Array, width: number): Uint8Array[] => {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [high, low] = [bytes[at], bytes[at + 1]];
    if (high === undefined || low === undefined)
      throw new LogFault('malformed', 'A bundle ends within a length.');
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length) throw new LogFault('malformed', 'A bundle ends within an entry.');
    entries.push(bytes.slice(at + 2, end));
    at = end;
  }
  if (entries.length !== width)
    throw new LogFault('malformed', `A bundle of ${width} entries has ${entries.length}.`);
  return entries;
};

/** The root of a perfect subtree from the hashes of one of its levels, a power of two in number. */
export const rootOfPerfect = (hashes: Uint8Array[]): Uint8Array =>
  treeOf(hashes)({ level: Math.log2(hashes.length), index: 0 });

/** The hashes of a tree's partial tiles by level; empty where a level has only full ones. */
export type Edge = Uint8Array[][];

/** The root that a right edge hashes to. */
export const rootOfEdge = (edge: Edge): Uint8Array =>
  foldNodes(
    edge.toReversed().flatMap((hashes) =>
      nodesOf(0, hashes.length).map(({ level, index }) => {
        const width = 2 ** level;
        return rootOfPerfect(hashes.slice(index * width, (index + 1) * width));
      }),
    ),
  );

/**
 * A right edge from the hashes of its tiles, in the order of `edgeTiles`.
 * @throws LogFault `altered` where they do not hash to the root.
 */
export const edgeOf = ({ size, root }: TreeHead, tiles: Uint8Array[][]): Edge => {
  const edge: Edge = [];
  for (const [at, { level, width }] of edgeTiles(size).entries()) {
    while (edge.length < level) edge.push([]);
    edge.push((tiles[at] ?? []).slice(0, width));
  }
  const isWhole = edgeTiles(size).every(({ level, width }) => edge[level]?.length === width);
  if (!isWhole || !sameBytes(rootOfEdge(edge), root))
    throw new LogFault('altered', `The right edge of the tree of size ${size} does not hash to its root.`);
  return edge;
};

/**
 * Appends leaves to a tree by its right edge, one hash tile after another.
 * @param edge As `edgeOf` returns it for the head.
 * @param leaves Hashes of the new leaves, in order.
 * @returns The new head, its edge, and the hash tiles to store: those of `tilesOfGrowth`, with their bytes.
 */
export const growTiles = (
  size: number,
  edge: Edge,
  leaves: Uint8Array[],
): { head: TreeHead; edge: Edge; tiles: { tile: Tile<number>; bytes: Uint8Array }[] } => {
  const grown = edge.map((hashes) => [...hashes]);
  const full: { tile: Tile<number>; bytes: Uint8Array }[] = [];
  const counts = grown.map((_, level) => hashesAt(level, size));
  const push = (level: number, hash: Uint8Array) => {
    grown[level] ??= [];
    const hashes = grown[level];
    hashes.push(hash);
    counts[level] = (counts[level] ?? 0) + 1;
    if (hashes.length < tileWidth) return;
    const tile = { level, index: counts[level] / tileWidth - 1, width: tileWidth };
    full.push({ tile, bytes: encodeHashes(hashes) });
    grown[level] = [];
    push(level + 1, rootOfPerfect(hashes));
  };
  for (const leaf of leaves) push(0, leaf);

  const to = size + leaves.length;
  const partial = edgeTiles(to)
    .filter(({ level }) => hashesAt(level, to) > hashesAt(level, size))
    .map((tile) => ({ tile, bytes: encodeHashes(grown[tile.level] ?? []) }));
  return { head: { size: to, root: rootOfEdge(grown) }, edge: grown, tiles: [...full, ...partial] };
};
