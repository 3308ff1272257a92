import { and, asc, gte, lt } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { Executor } from '#db/client.ts';
import { logEntries } from '#db/schema/log.ts';
import { parseCheckpoint } from '#verification/log/checkpoint.ts';
import { parseNote } from '#verification/log/note.ts';
import { readTiles, type TileReader } from '#verification/log/tile-reader.ts';
import {
  encodeBundle,
  encodeHashes,
  hashesAt,
  parseTilePath,
  type Tile,
  tileWidth,
} from '#verification/log/tiles.ts';
import type { ServiceContext } from '../ground/context.ts';
import { publicRead } from '../ground/public-read.ts';
import { readVerifierKeys } from './keys.ts';
import { refusingIfStopped } from './stopped.ts';
import { headOf, readHashes, requireSameTree, servedNote } from './tree.ts';

type ReadContext = Pick<ServiceContext, 'db' | 'keptCheckpoint'>;

const nothingYet = () => new AppError('NOT_FOUND', 'The log has no entry yet.');

/**
 * The signed checkpoint.
 * @throws AppError NOT_FOUND before the first entry; PRECONDITION_FAILED where the database holds an older copy of the
 * log than this machine has served.
 */
export const getCheckpoint = async ({ db, keptCheckpoint }: ReadContext): Promise<string> => {
  // Read before the snapshot is taken: a checkpoint that is kept meanwhile is of a head that the snapshot lacks.
  const kept = await keptCheckpoint.read();
  return publicRead(db, async (snapshot) => {
    const head = await headOf(snapshot);
    await refusingIfStopped(() =>
      requireSameTree(snapshot, { keptCheckpoint: { ...keptCheckpoint, read: async () => kept } }, head),
    );
    const served = await servedNote(snapshot);
    if (served === null) throw nothingYet();
    return served.note;
  });
};

/** @throws AppError NOT_FOUND before the first entry. */
export const getVerifierKeys = ({ db }: ReadContext): Promise<string> =>
  publicRead(db, async (snapshot) => {
    const keys = await readVerifierKeys(snapshot);
    if (keys === null) throw nothingYet();
    return keys;
  });

const readBundle = async (executor: Executor, { index, width }: Tile): Promise<Uint8Array> => {
  const first = index * tileWidth;
  const rows = await executor
    .select({ data: logEntries.data })
    .from(logEntries)
    .where(and(gte(logEntries.index, first), lt(logEntries.index, first + width)))
    .orderBy(asc(logEntries.index));
  return encodeBundle(rows.map(({ data }) => data));
};

/** Null: a tree of this size has no such file. */
const readTile = async (executor: Executor, path: string, size: number): Promise<Uint8Array | null> => {
  const tile = parseTilePath(path);
  if (tile === null) return null;
  const { level, index, width } = tile;
  if (index * tileWidth + width > hashesAt(level === 'entries' ? 0 : level, size)) return null;
  return level === 'entries'
    ? readBundle(executor, tile)
    : encodeHashes(await readHashes(executor, { level, index, width }));
};

/**
 * One of the log's files: hashes or entries. Of the last tile of a level there is a partial file for every width up to the
 * served checkpoint's, so for every size that was ever signed.
 * @param path below the log's prefix, as `tile/0/x001/x234/067.p/8`.
 * @throws AppError NOT_FOUND for other paths, and for what the served checkpoint does not cover.
 */
export const getTile = ({ db }: Pick<ReadContext, 'db'>, path: string): Promise<Uint8Array> =>
  publicRead(db, async (snapshot) => {
    const served = await servedNote(snapshot);
    const bytes = served === null ? null : await readTile(snapshot, path, served.size);
    if (bytes === null) throw new AppError('NOT_FOUND', 'The log has no such file.');
    return bytes;
  });

/** Proves entries and earlier sizes of a checkpoint's tree. */
export const readerOf = (executor: Executor, note: string): TileReader => {
  const head = parseCheckpoint(parseNote(note).text);
  return readTiles(head, (path) => readTile(executor, path, head.size));
};

/** The tree of the served checkpoint, to prove entries of it; null before the first one. */
export const servedTree = async (
  executor: Executor,
): Promise<{ size: number; note: string; reader: TileReader } | null> => {
  const served = await servedNote(executor);
  return served && { size: served.size, note: served.note, reader: readerOf(executor, served.note) };
};
