import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Database, DatabaseOptions, Executor } from '#db/client.ts';
import { ed25519Signer } from '#platform/ed25519-key.ts';
import type { KeptCheckpoint } from '#platform/log/kept-checkpoint.ts';
import type { WorkerContext } from '#services/ground/index.ts';
import { type AppendContext, appendEntries, type NewLogEntry } from '#services/log/append.ts';
import { testDatabase } from './database.ts';

/** A kept checkpoint that lasts as long as its test. */
export const keptInMemory = (): KeptCheckpoint => {
  let kept: string | null = null;
  return {
    place: 'the rig’s memory',
    read: async () => kept,
    keep: async (note) => {
      kept = note;
    },
  };
};

/** A key that is the same for the same name. */
export const logKeyOf = (name: string) => ed25519Signer(createHash('sha256').update(name).digest());

/** An entry with a subject of its own. */
export const anyEntry = (): NewLogEntry => ({
  kind: 'revocation',
  subject: randomUUID(),
  reason: 'withdrawn_by_owner',
});
export const anyEntries = (count: number): NewLogEntry[] => Array.from({ length: count }, anyEntry);

export type LogContext = Pick<
  WorkerContext,
  'db' | 'sequencer' | 'issuer' | 'keptCheckpoint' | 'now' | 'log'
>;

/** One machine that appends to the log of a database, with its own data directory. */
export const machineOf = (
  db: Database,
  {
    key = 'log',
    signingKey = '',
    publicAddress = null,
  }: { key?: string; signingKey?: string; publicAddress?: string | null } = {},
): LogContext & { logged: string[] } => {
  const logged: string[] = [];
  const say = (_: unknown, message: string) => void logged.push(message);
  return {
    db,
    sequencer: { keys: key.split(',').map(logKeyOf), publicAddress, witnesses: [] },
    issuer: {
      keys: signingKey.split(',').filter(Boolean).map(logKeyOf),
      engine: { version: '1.0.0', revision: null },
    },
    keptCheckpoint: keptInMemory(),
    now: () => new Date(),
    log: { error: say, warn: say, info: () => {}, debug: () => {} },
    logged,
  };
};

/** Appends in a transaction of its own. */
export const append = (
  context: AppendContext & { db: Database },
  entries: NewLogEntry[],
): Promise<number[]> => context.db.transaction((transaction) => appendEntries(transaction, context, entries));

/** Changes rows that triggers keep, as only whoever owns the database server can. */
export const tamper = (
  db: Database,
  change: (transaction: Executor) => PromiseLike<unknown>,
): Promise<void> =>
  db.transaction(async (transaction) => {
    await transaction.execute(sql`set local session_replication_role = replica`);
    await change(transaction);
  });

/** A database with an empty log. */
export const openLogRig = async (pool: DatabaseOptions = {}) => {
  const database = await testDatabase({ pool });
  return { ...database, machine: machineOf(database.db) };
};
