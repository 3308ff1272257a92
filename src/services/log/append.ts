import { randomBytes, randomUUID } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { type LogEntry, logEntrySchema, maxEntryBytes } from '#contracts/log.ts';
import { chunksOf } from '#db/chunks.ts';
import type { Executor } from '#db/client.ts';
import { logEntries, logHashes, logHead, logKeys } from '#db/schema/log.ts';
import { canonicalJson } from '#verification/certificate/canonical.ts';
import { emptyRoot, hashLeaf } from '#verification/log/merkle.ts';
import { decodeHashes, growTiles, hashesAt, tileWidth } from '#verification/log/tiles.ts';
import type { ServiceContext, WorkerContext } from '../ground/context.ts';
import { freshKeys } from './keys.ts';
import { edgeAt, headOf, type LogHead, requireSameTree } from './tree.ts';

/** An entry without what all have; its time is that of its transaction. */
export type NewLogEntry = LogEntry extends infer Entry
  ? Entry extends LogEntry
    ? Omit<Entry, 'format' | 'time'>
    : never
  : never;

type KeyedContext = Pick<WorkerContext, 'sequencer' | 'issuer' | 'keptCheckpoint' | 'now'>;

/** Without keys, as in the web process, it appends to a log that a worker has begun. */
export type AppendContext = KeyedContext | Pick<ServiceContext, 'keptCheckpoint' | 'now'>;

const hasKeys = (context: AppendContext): context is KeyedContext => 'sequencer' in context;

/** A row has five parameters at most. */
const rowsPerInsert = 1_000;

/** Made once: the installation's public address, or a name that no DNS has where only this machine reaches it. */
const newOrigin = (publicAddress: string | null): string => {
  if (publicAddress === null) return `echelon.invalid/${randomBytes(16).toString('hex')}`;
  const { host, pathname } = new URL(publicAddress);
  return `${host}${pathname.replace(/\/+$/, '')}/log`;
};

const firstHead = async (transaction: Executor, context: AppendContext): Promise<LogHead> => {
  if (!hasKeys(context)) throw new Error('No worker has begun the log.');
  const { sequencer } = context;
  const head = { origin: newOrigin(sequencer.publicAddress), size: 0, root: emptyRoot() };
  await transaction.insert(logHead).values({ id: 1, ...head });
  return head;
};

/** Each key that signs for the first time gets its row, and the entry that says so. */
const newKeys = async (transaction: Executor, context: AppendContext): Promise<NewLogEntry[]> => {
  if (!hasKeys(context)) return [];
  const entries: NewLogEntry[] = [];
  for (const { purpose, publicKey } of await freshKeys(transaction, context)) {
    await transaction.insert(logKeys).values({ publicKey, purpose, addedAt: context.now() });
    entries.push({ kind: 'key', subject: randomUUID(), purpose, step: 'added', public_key: publicKey });
  }
  return entries;
};

const bytesOf = (entry: LogEntry): Uint8Array => {
  const bytes = new TextEncoder().encode(canonicalJson(entry));
  if (bytes.length > maxEntryBytes) throw new RangeError(`An entry of ${bytes.length} bytes is too long.`);
  return bytes;
};

/**
 * Appends entries within the caller's transaction, as its last step: from here until it ends no other transaction
 * appends. `publishCheckpoint` signs the new head once it is committed.
 * @returns their indexes, in order.
 * @throws LogStopped; and the database's error where an entry of this kind and subject is there already.
 */
export const appendEntries = async (
  transaction: Executor,
  context: AppendContext,
  entries: NewLogEntry[],
): Promise<number[]> => {
  // What is signed must outlive a crash of the server, whatever its default is.
  await transaction.execute(sql`set local synchronous_commit = on`);
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtext('append to the log'))`);
  const found = await headOf(transaction);
  await requireSameTree(transaction, context, found);
  const head = found ?? (await firstHead(transaction, context));

  const at = context.now();
  const added = [...(await newKeys(transaction, context)), ...entries].map((entry, offset) => {
    const whole = logEntrySchema.parse({
      format: 'echelon-log-entry/v1',
      time: at.toISOString(),
      ...entry,
    });
    const { kind, subject } = whole;
    return { index: head.size + offset, kind, subject, data: bytesOf(whole), addedAt: at };
  });
  const leaves = added.map(({ data }) => hashLeaf(data));
  const grown = growTiles(head.size, await edgeAt(transaction, head), leaves);
  // A tile repeats the hashes that it had before it grew.
  const hashes = grown.tiles.flatMap(({ tile: { level, index, width }, bytes }) =>
    decodeHashes(bytes, width).flatMap((hash, offset) => {
      const position = index * tileWidth + offset;
      return position < hashesAt(level, head.size) ? [] : [{ level, index: position, hash }];
    }),
  );
  for (const rows of chunksOf(added, rowsPerInsert)) await transaction.insert(logEntries).values(rows);
  for (const rows of chunksOf(hashes, rowsPerInsert)) await transaction.insert(logHashes).values(rows);
  const moved = await transaction
    .update(logHead)
    .set(grown.head)
    .where(and(eq(logHead.id, 1), eq(logHead.size, head.size)))
    .returning({ size: logHead.size });
  if (moved.length !== 1) throw new Error('The head of the log moved while its lock was held.');
  return added.slice(added.length - entries.length).map(({ index }) => index);
};
