import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { openFleet } from './open-fleet.ts';
import { runStates } from './runs.ts';

/** Of both workers together. Each works on 20 replays at once. */
const slots = 40;
/** Many times as many changes as the workers have slots. */
const many = 300;
const within = { withinMs: 600_000 };

test(`a run of 10 replays gets all its slots before an earlier run of ${many} gets every slot once more`, async () => {
  const { db, outside, start, accept } = await openFleet({ workers: 2, changes: [many, 10] });
  Object.assign(outside.latency, { oracleMs: 300, judgeMs: 300 });
  await start();
  /** How many jobs of a run were queued, how many of them have started, and the time of the queue's clock. */
  const jobsOf = async (runId: string) => {
    const [jobs] = await db.execute<{ queued: number; started: number; now: string }>(sql`
      select count(*)::int as queued, count(started_on)::int as started, clock_timestamp()::text as now
      from pgboss.job where name like 'score-replay%' and data ->> 'runId' = ${runId}`);
    if (jobs === undefined) throw new Error('A count returned no row.');
    return jobs;
  };
  const large = await accept(0, { minReplays: 5 });
  // The large run takes all slots of both workers, and its other jobs wait.
  await eventually(
    'The large run',
    () => jobsOf(large),
    ({ started }) => started >= slots,
    within,
  );
  const small = await accept(1, { minReplays: 5 });
  const { now: queuedAt } = await eventually(
    'The draw of the small run',
    () => jobsOf(small),
    ({ queued }) => queued === 10,
    within,
  );
  await eventually(
    'The small run',
    () => jobsOf(small),
    ({ started }) => started === 10,
    within,
  );
  const [overtaking] = await db.execute<{ jobs: number }>(sql`
    select count(*)::int as jobs from pgboss.job
    where name like 'score-replay%' and data ->> 'runId' = ${large} and started_on > ${queuedAt}::timestamptz
      and started_on < (select max(started_on) from pgboss.job where data ->> 'runId' = ${small})`);
  expect(overtaking?.jobs).toBeLessThanOrEqual(slots);
  expect((await jobsOf(large)).started).toBeLessThan(many);
  const [run] = await runStates(db);
  expect(run).toMatchObject({ construct: 'run-0', status: expect.stringMatching(/INVOKING|SCORING/) });
}, 1_800_000);
