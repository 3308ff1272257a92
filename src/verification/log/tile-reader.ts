import type { Frontier } from './frontier.ts';
import { LogFault } from './log-fault.ts';
import {
  type HashOf,
  hashLeaf,
  nodesOf,
  nodesOfConsistency,
  nodesOfInclusion,
  proveConsistency,
  proveInclusion,
  sameBytes,
  type TreeHead,
  type TreeNode,
} from './merkle.ts';
import {
  decodeBundle,
  decodeHashes,
  type Edge,
  edgeOf,
  edgeTiles,
  hashesAt,
  rootOfPerfect,
  type Tile,
  tileHeight,
  tilePath,
  tileWidth,
} from './tiles.ts';

/** Reads one of the log's files by its path below the prefix: its bytes, or null if the log has no such file. */
export type ReadTile = (path: string) => Promise<Uint8Array | null>;

/**
 * A tree whose head was verified, read from tiles that nobody vouches for. Every hash and every entry that it hands out
 * was first checked against the head's root. All methods throw a LogFault for tiles that are malformed, altered or
 * missing, RangeError for what the tree does not have, and what `ReadTile` throws.
 */
export type TileReader = {
  proveInclusion(index: number): Promise<Uint8Array[]>;
  /** From the tree's own state at an earlier size. */
  proveConsistency(from: number): Promise<Uint8Array[]>;
  /** The right edge, from which a reader of all entries can go on. */
  frontier(): Promise<Frontier>;
  /** Entries from index `from` up to and without `to`, bundle by bundle. */
  entries(from: number, to: number): AsyncGenerator<{ index: number; data: Uint8Array }>;
};

/** The place of a subtree's own hashes: those of the nearest tile level below it. */
const placeOf = ({ level, index }: TreeNode) => {
  const width = 2 ** (level % tileHeight);
  const first = index * width;
  return {
    level: Math.floor(level / tileHeight),
    tile: Math.floor(first / tileWidth),
    at: first % tileWidth,
    width,
  };
};

/** Reads a tree from its tiles. Nothing is read before a method is called. */
export const readTiles = (head: TreeHead, readTile: ReadTile): TileReader => {
  const { size } = head;

  const tileAt = (level: Tile['level'], index: number): Tile => {
    const hashes = hashesAt(level === 'entries' ? 0 : level, size);
    return { level, index, width: Math.min(tileWidth, hashes - index * tileWidth) };
  };

  /** A log may delete partial tiles once the full one is there, so that one is read in their place. */
  const read = async <Item>(tile: Tile, decode: (bytes: Uint8Array, width: number) => Item[]) => {
    const path = tilePath(tile);
    const bytes = await readTile(path);
    if (bytes !== null) return decode(bytes, tile.width);
    const full = tile.width < tileWidth ? await readTile(tilePath({ ...tile, width: tileWidth })) : null;
    if (full === null) throw new LogFault('missing', `The log does not serve ${path}.`);
    return decode(full, tileWidth).slice(0, tile.width);
  };

  /** What is being read, so that two readers at a time read it once, and what is kept. */
  const readings = new Map<string, Promise<unknown>>();
  const readOnce = <Read>(name: string, keep: boolean, work: () => Promise<Read>): Promise<Read> => {
    const known = readings.get(name) as Promise<Read> | undefined;
    if (known !== undefined) return known;
    const reading = work();
    readings.set(name, reading);
    const forget = () => readings.delete(name);
    reading.then(keep ? undefined : forget, forget);
    return reading;
  };

  /** All partial tiles. They hash to the root only together, so they are read together. */
  const readEdge = (): Promise<Edge> =>
    readOnce('edge', true, async () =>
      edgeOf(head, await Promise.all(edgeTiles(size).map((tile) => read(tile, decodeHashes)))),
    );

  /** The hashes of a tile, checked against the tile above it, up to the right edge, which is checked against the root. */
  const readHashes = async (level: number, index: number): Promise<Uint8Array[]> => {
    const tile = tileAt(level, index);
    if (tile.width < tileWidth) return (await readEdge())[level] ?? [];
    const path = tilePath(tile);
    // Tiles above level 0 are shared by many entries and few in number: one for every 65,536 entries.
    return readOnce(path, level > 0, async () => {
      const [hashes, above] = await Promise.all([
        read(tile, decodeHashes),
        readHashes(level + 1, Math.floor(index / tileWidth)),
      ]);
      if (!sameBytes(rootOfPerfect(hashes), above[index % tileWidth] ?? new Uint8Array()))
        throw new LogFault('altered', `${path} does not hash to what the tree signs.`);
      return hashes;
    });
  };

  const readNodes = async (nodes: TreeNode[]): Promise<HashOf> => {
    const places = new Map(
      nodes.map(placeOf).map(({ level, tile }) => [`${level}/${tile}`, { level, tile }] as const),
    );
    const tiles = new Map(
      await Promise.all(
        [...places].map(async ([name, { level, tile }]) => [name, await readHashes(level, tile)] as const),
      ),
    );
    return (node) => {
      const { level, tile, at, width } = placeOf(node);
      return rootOfPerfect((tiles.get(`${level}/${tile}`) ?? []).slice(at, at + width));
    };
  };

  return {
    async proveInclusion(index) {
      return proveInclusion(index, size, await readNodes(nodesOfInclusion(index, size)));
    },

    async proveConsistency(from) {
      return proveConsistency(from, size, await readNodes(nodesOfConsistency(from, size)));
    },

    async frontier() {
      const nodes = nodesOf(0, size);
      return { size, hashes: nodes.map(await readNodes(nodes)) };
    },

    async *entries(from, to) {
      if (from < 0 || to > size)
        throw new RangeError(`A tree of size ${size} has no entries ${from} to ${to}.`);
      for (let index = Math.floor(from / tileWidth); index * tileWidth < to; index++) {
        const bundle = tileAt('entries', index);
        const [entries, hashes] = await Promise.all([read(bundle, decodeBundle), readHashes(0, index)]);
        for (const [at, data] of entries.entries()) {
          if (!sameBytes(hashLeaf(data), hashes[at] ?? new Uint8Array()))
            throw new LogFault('altered', `Entry ${at} of ${tilePath(bundle)} is not the one in the tree.`);
          const place = index * tileWidth + at;
          if (place >= from && place < to) yield { index: place, data };
        }
      }
    },
  };
};
