import { count } from 'drizzle-orm';
import { Gauge, type Registry } from 'prom-client';
import { runStatuses } from '#contracts/run.ts';
import type { Database } from '#db/client.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { within } from '#db/within.ts';
import { jobDepths } from '#queue/stored-jobs.ts';

/** A scraper gives up after 10 s by default and then gets nothing at all. */
const patienceMs = 3_000;

/**
 * Gauges of the database's contents.
 * @returns a function that updates them. If the database does not answer, they are left out and one gauge says so.
 */
export const databaseGauges = (db: Database, registry: Registry): (() => Promise<void>) => {
  const registers = [registry];
  const up = new Gauge({
    name: 'echelon_database_up',
    help: 'Whether the database answered this scrape (1) or not (0).',
    registers,
  });
  const jobs = new Gauge({
    name: 'echelon_queue_jobs',
    help: 'Jobs by queue and state; ended jobs are kept for an hour. The same from every process.',
    labelNames: ['queue', 'state'],
    registers,
  });
  const runs = new Gauge({
    name: 'echelon_runs',
    help: 'Runs by status. The same from every process.',
    labelNames: ['status'],
    registers,
  });

  return async () => {
    jobs.reset();
    runs.reset();
    try {
      const [depths, statuses] = await within(
        patienceMs,
        Promise.all([
          jobDepths(db),
          db
            .select({ status: verificationRuns.status, runs: count() })
            .from(verificationRuns)
            .groupBy(verificationRuns.status),
        ]),
      );
      for (const { queue, state, jobs: depth } of depths) jobs.set({ queue, state }, depth);
      for (const status of runStatuses) runs.set({ status }, 0);
      for (const row of statuses) runs.set({ status: row.status }, row.runs);
      up.set(1);
    } catch {
      up.set(0);
    }
  };
};
