import { sql } from 'drizzle-orm';
import { fromDrizzle, PgBoss } from 'pg-boss';
import type { Database, Executor } from '#db/client.ts';
import { jobPayloads } from './jobs.ts';
import { ownPriority, queueOf } from './queues.ts';
import type { JobSender } from './sender.ts';

/**
 * A sender on the caller's pool. It neither supervises nor migrates, and first touches the database with its first job,
 * so that a process can start while the database is down.
 * @param traceparent of the work that sends a job, if that is traced.
 */
export const openSender = (
  db: Database,
  traceparent: () => string | undefined = () => undefined,
): { sender: JobSender; close: () => Promise<void> } => {
  let boss: Promise<PgBoss> | null = null;

  /**
   * Reads the queues' settings within the first job's transaction. On a connection of its own, as many first jobs as the
   * pool has connections would wait for one more.
   */
  const startWithin = async (transaction: Executor) => {
    let executor = transaction;
    const sending = new PgBoss({
      db: { executeSql: (text, values) => fromDrizzle(executor, sql).executeSql(text, values) },
      supervise: false,
      schedule: false,
      migrate: false,
      createSchema: false,
      registerInstance: false,
    });
    // Its background refresh of the queue list may fail silently: the next job's own statement fails and says so.
    sending.on('error', () => {});
    await sending.start();
    executor = db;
    return sending;
  };

  /** Its jobs may fail because it started on a transaction that failed. The next job starts it again. */
  const drop = (failed: Promise<PgBoss>) => {
    if (boss !== failed) return;
    boss = null;
    failed.then((sending) => sending.stop({ graceful: false })).catch(() => {});
  };

  const started = async (transaction: Executor): Promise<PgBoss> => {
    for (;;) {
      const isFirst = boss === null;
      boss ??= startWithin(transaction);
      const starting = boss;
      try {
        return await starting;
      } catch (error) {
        drop(starting);
        if (isFirst) throw error;
      }
    }
  };

  const sender: JobSender = {
    async enqueue(transaction, jobs) {
      const sending = await started(transaction);
      const used = boss;
      try {
        for (const [queue, ofQueue] of Map.groupBy(jobs, queueOf)) {
          await sending.insert(
            queue,
            ofQueue.map(({ name, data, stranger = null, priority = 0, afterMs = 0 }) => ({
              data: jobPayloads[name].parse({ ...data, traceparent: traceparent() }),
              ...(stranger === null
                ? { priority: ownPriority + priority }
                : { priority, group: { id: stranger } }),
              // Without a delay, use the transaction's own time: a job that is due later wakes no worker at the commit.
              // Seconds, not a date: the database adds them to its own time.
              ...(afterMs > 0 ? { startAfter: afterMs / 1000 } : {}),
            })),
            { db: fromDrizzle(transaction, sql) },
          );
        }
      } catch (error) {
        if (used !== null) drop(used);
        throw error;
      }
    },
  };
  return {
    sender,
    close: async () => {
      await (await boss?.catch(() => null))?.stop({ graceful: false });
    },
  };
};
