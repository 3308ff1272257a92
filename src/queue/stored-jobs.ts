import { sql } from 'drizzle-orm';
import type { Executor } from '#db/client.ts';
import { deadQueueOf, jobNames, queuesOf } from './queues.ts';

// pg-boss has no call that looks over all queues, so these read its table, of which `name`, `state` and `data` are
// documented.

/** The states in which a job waits or is worked on; the others are ends. */
const liveStates = ['created', 'retry', 'active'];

/** The ids of runs that a job waits for or works on, dead letters included. */
export const runsWithJobs = async (executor: Executor): Promise<Set<string>> => {
  const rows = await executor.execute<{ run_id: string }>(
    sql`select distinct data ->> 'runId' as run_id from pgboss.job
        where state in ${liveStates} and data ? 'runId'`,
  );
  return new Set(rows.map(({ run_id }) => run_id));
};

export type JobDepth = { queue: string; state: string; jobs: number };

/** How many jobs stand in which state of which queue, dead letters included; 0 is said of the live states. */
export const jobDepths = async (executor: Executor): Promise<JobDepth[]> => {
  const rows = await executor.execute<JobDepth>(
    sql`select name as queue, state::text as state, count(*)::int as jobs from pgboss.job group by name, state`,
  );
  const isThere = (queue: string, state: string) =>
    rows.some((row) => row.queue === queue && row.state === state);
  const none = jobNames
    .flatMap(queuesOf)
    .flatMap((queue) => [queue, deadQueueOf(queue)])
    .flatMap((queue) =>
      liveStates.filter((state) => !isThere(queue, state)).map((state) => ({ queue, state, jobs: 0 })),
    );
  return [...rows, ...none];
};
