import { sql } from 'drizzle-orm';
import type { Executor } from '#db/client.ts';
import { deadQueueOf, jobNames } from './queues.ts';

export type JobDepth = { queue: string; state: string; jobs: number };

/** The states of pg-boss in which a job waits or is worked on; the others are ends. */
const liveStates = ['created', 'retry', 'active'];

/**
 * How many jobs stand in which state of which queue, dead letters included; 0 is said of the live states. As
 * `runsWithJobs`, this reads pg-boss's table, of which `name` and `state` are documented.
 */
export const jobDepths = async (executor: Executor): Promise<JobDepth[]> => {
  const rows = await executor.execute<JobDepth>(
    sql`select name as queue, state::text as state, count(*)::int as jobs from pgboss.job group by name, state`,
  );
  const isThere = (queue: string, state: string) =>
    rows.some((row) => row.queue === queue && row.state === state);
  const none = jobNames
    .flatMap((name) => [name, deadQueueOf(name)])
    .flatMap((queue) =>
      liveStates.filter((state) => !isThere(queue, state)).map((state) => ({ queue, state, jobs: 0 })),
    );
  return [...rows, ...none];
};
