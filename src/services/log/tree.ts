import { and, asc, desc, eq, gte, lt } from 'drizzle-orm';
import type { Executor } from '#db/client.ts';
import { logCheckpoints, logCosignatures, logHashes, logHead } from '#db/schema/log.ts';
import { parseCheckpoint } from '#verification/log/checkpoint.ts';
import { LogFault } from '#verification/log/log-fault.ts';
import type { TreeHead } from '#verification/log/merkle.ts';
import { maxSignatures, parseNote, parseSignatures, writeNote } from '#verification/log/note.ts';
import { type Edge, edgeOf, edgeTiles, rootOfEdge, tileWidth } from '#verification/log/tiles.ts';
import type { ServiceContext } from '../ground/context.ts';
import { LogStopped } from './stopped.ts';

export type LogHead = TreeHead & { origin: string };

/** The head that was committed last, signed or not; null before the first entry. */
export const headOf = async (executor: Executor): Promise<LogHead | null> => {
  const [head] = await executor
    .select({ origin: logHead.origin, size: logHead.size, root: logHead.root })
    .from(logHead);
  return head ?? null;
};

/**
 * The signed checkpoint that is served: of the largest size. `signed` is as the log signed it, `note` has each witness's
 * newest cosignature too.
 */
export const servedNote = async (
  executor: Executor,
): Promise<{ size: number; note: string; signed: string } | null> => {
  const [served] = await executor
    .select({ size: logCheckpoints.size, note: logCheckpoints.note })
    .from(logCheckpoints)
    .orderBy(desc(logCheckpoints.size))
    .limit(1);
  if (served === undefined) return null;
  const cosigned = await executor
    .selectDistinctOn([logCosignatures.witness], {
      line: logCosignatures.line,
      cosignedAt: logCosignatures.cosignedAt,
    })
    .from(logCosignatures)
    .where(eq(logCosignatures.size, served.size))
    .orderBy(asc(logCosignatures.witness), desc(logCosignatures.cosignedAt));
  const { text, signatures } = parseNote(served.note);
  // Witnesses that were named earlier may have cosigned this size too, more than a note can hold.
  const newest = cosigned
    .toSorted((a, b) => b.cosignedAt.getTime() - a.cosignedAt.getTime())
    .flatMap(({ line }) => parseSignatures(line).slice(0, 1));
  return {
    size: served.size,
    signed: served.note,
    note: writeNote({ text, signatures: [...signatures, ...newest].slice(0, maxSignatures) }),
  };
};

/** `width` hashes of a level, from the tile's first on. Fewer, where the log does not have them. */
export const readHashes = async (
  executor: Executor,
  { level, index, width }: { level: number; index: number; width: number },
): Promise<Uint8Array[]> => {
  const first = index * tileWidth;
  const rows = await executor
    .select({ hash: logHashes.hash })
    .from(logHashes)
    .where(and(eq(logHashes.level, level), gte(logHashes.index, first), lt(logHashes.index, first + width)))
    .orderBy(asc(logHashes.index));
  return rows.map(({ hash }) => hash);
};

const readEdge = async (executor: Executor, size: number): Promise<Uint8Array[][]> => {
  const tiles: Uint8Array[][] = [];
  for (const tile of edgeTiles(size)) tiles.push(await readHashes(executor, tile));
  return tiles;
};

/**
 * The right edge of a head.
 * @throws LogStopped where the stored hashes are not those of the tree that the head names.
 */
export const edgeAt = async (executor: Executor, head: TreeHead): Promise<Edge> => {
  try {
    return edgeOf(head, await readEdge(executor, head.size));
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    throw new LogStopped(
      `the hashes in the database are not those of the tree of size ${head.size}. They were altered, or belong to another copy of it.`,
    );
  }
};

/** The root at a size that the tree has had. */
export const rootAtSize = async (executor: Executor, size: number): Promise<Uint8Array> => {
  const edge: Edge = [];
  for (const tile of edgeTiles(size)) {
    while (edge.length < tile.level) edge.push([]);
    edge.push(await readHashes(executor, tile));
  }
  return rootOfEdge(edge);
};

const readKept = (note: string, place: string) => {
  try {
    return parseCheckpoint(parseNote(note).text);
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    throw new LogStopped(`${place} holds no checkpoint (${error.message}).`);
  }
};

const wayOut = (place: string) =>
  `Restore the newest copy of the database. If it is lost, this log has ended: a new one begins with an empty log, another origin, and ${place} moved away.`;

/**
 * Checks that the tree in the database extends the last checkpoint that this machine kept.
 * @throws LogStopped where it does not, as after a restored older copy.
 */
export const requireSameTree = async (
  executor: Executor,
  { keptCheckpoint: { place, read } }: Pick<ServiceContext, 'keptCheckpoint'>,
  head: LogHead | null,
): Promise<void> => {
  const note = await read();
  if (note === null) return;
  const kept = readKept(note, place);
  if (head === null || head.origin !== kept.origin)
    throw new LogStopped(`the database holds another log than ${kept.origin}. ${wayOut(place)}`);
  if (head.size < kept.size)
    throw new LogStopped(
      `the database holds ${head.size} entries, but a checkpoint of ${kept.size} was signed. It is an older copy. ${wayOut(place)}`,
    );
  try {
    edgeOf(kept, await readEdge(executor, kept.size));
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    throw new LogStopped(
      `the database’s tree does not extend the checkpoint of size ${kept.size} that was signed. ${wayOut(place)}`,
    );
  }
};
