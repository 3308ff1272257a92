import { PgBoss } from 'pg-boss';
import type { ISql } from 'postgres';
import { deadQueueOf, deadQueueOptions, jobNames, queueOptions, queuesOf } from './queues.ts';

/**
 * Brings pg-boss's schema and the queues' settings up to date in `databaseUrl`. Any number of processes may call it at
 * once: pg-boss takes a lock of its own.
 */
export const installQueues = async (databaseUrl: string): Promise<void> => {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    max: 2,
    supervise: false,
    schedule: false,
    registerInstance: false,
  });
  const errors: Error[] = [];
  boss.on('error', (error) => errors.push(error));
  await boss.start();
  try {
    for (const name of jobNames)
      for (const ofKind of queuesOf(name)) {
        // The dead-letter queue first: the other one names it.
        for (const [queue, options] of [
          [deadQueueOf(ofKind), deadQueueOptions],
          [ofKind, queueOptions(name, ofKind)],
        ] as const) {
          await boss.createQueue(queue, options);
          // Creating a queue that exists changes nothing.
          await boss.updateQueue(queue, options);
        }
      }
  } finally {
    await boss.stop({ graceful: false });
  }
  const [error] = errors;
  if (error !== undefined) throw error;
};

/** Takes back all that `installQueues` made, with every job. */
export const dropQueues = (sql: ISql): Promise<unknown> => sql`drop schema if exists pgboss cascade`;
