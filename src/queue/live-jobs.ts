import { sql } from 'drizzle-orm';
import type { Executor } from '#db/client.ts';

/**
 * The ids of runs that a job waits for or works on, dead letters included. pg-boss has no call that looks a payload
 * up over all queues, so this reads its table, of which `name`, `state` and `data` are documented.
 */
export const runsWithJobs = async (executor: Executor): Promise<Set<string>> => {
  const rows = await executor.execute<{ run_id: string }>(
    sql`select distinct data ->> 'runId' as run_id from pgboss.job where state in ('created', 'retry', 'active')`,
  );
  return new Set(rows.map(({ run_id }) => run_id));
};
