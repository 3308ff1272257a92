import { sql } from 'drizzle-orm';
import { fromDrizzle, PgBoss } from 'pg-boss';
import type { Database } from '#db/client.ts';
import { jobPayloads } from './jobs.ts';
import { queueOf } from './queues.ts';
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

  const start = async () => {
    const sending = new PgBoss({
      db: fromDrizzle(db, sql),
      supervise: false,
      schedule: false,
      migrate: false,
      createSchema: false,
      registerInstance: false,
    });
    // Its background refresh of the queue list may fail silently: the next job's own statement fails and says so.
    sending.on('error', () => {});
    return sending.start();
  };

  const sender: JobSender = {
    async enqueue(transaction, jobs) {
      boss ??= start();
      const sending = await boss.catch((error) => {
        // The database was down; the next job tries again.
        boss = null;
        throw error;
      });
      for (const [queue, ofQueue] of Map.groupBy(jobs, queueOf)) {
        await sending.insert(
          queue,
          ofQueue.map(({ name, data, priority = 0, afterMs = 0 }) => ({
            data: jobPayloads[name].parse({ ...data, traceparent: traceparent() }),
            priority,
            // Without a delay, use the transaction's own time: a job that is due later wakes no worker at the commit.
            // Seconds, not a date: the database adds them to its own time.
            ...(afterMs > 0 ? { startAfter: afterMs / 1000 } : {}),
          })),
          { db: fromDrizzle(transaction, sql) },
        );
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
