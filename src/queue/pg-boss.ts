import { sql } from 'drizzle-orm';
import { fromDrizzle, PgBoss } from 'pg-boss';
import type { Database } from '#db/client.ts';
import { type Job, jobPayloads } from './jobs.ts';
import type { JobSender } from './sender.ts';

/**
 * A sender on the caller's pool: it neither supervises nor migrates, and touches the database at the first job only, so
 * that a process that sends nothing starts while the database is away.
 * @param traceparent of what a job is sent from, where that is traced.
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
    // Its background refresh of the queue list failing is no news: the next job's own statement fails and says so.
    sending.on('error', () => {});
    return sending.start();
  };

  const sender: JobSender = {
    async enqueue(transaction, jobs) {
      boss ??= start();
      const sending = await boss.catch((error) => {
        // The database was away; the next job tries again.
        boss = null;
        throw error;
      });
      for (const [name, ofName] of Map.groupBy(jobs, (job: Job) => job.name)) {
        await sending.insert(
          name,
          ofName.map(({ data, priority = 0, afterMs = 0 }) => ({
            data: jobPayloads[name].parse({ ...data, traceparent: traceparent() }),
            priority,
            // Without a wait it is the transaction's own time: of what is due later nobody is notified at the commit.
            ...(afterMs > 0 ? { startAfter: new Date(Date.now() + afterMs) } : {}),
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
