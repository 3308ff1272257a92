import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '#db/client.ts';
import { projectRoot } from '#start/child.ts';
import { entryConnections } from '#start/open-door.ts';
import { eventually } from '#testing/fleet/eventually.ts';
import { fleetSettings, startWorkers } from '#testing/fleet/fleet.ts';
import { openOutside, repositoryOf } from '#testing/fleet/outside.ts';
import { openFrontDesk, runStates } from '#testing/fleet/runs.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { runRequest } from '#testing/rigs/engine-rig.ts';

/** What OPERATING.md promises, for setting `max_connections`. */
const promised = (process: 'web' | 'worker') => {
  const text = readFileSync(join(projectRoot, '.github/OPERATING.md'), 'utf8').replace(/\s+/g, ' ');
  return Number(new RegExp(`a ${process} process at most (\\d+)`).exec(text)?.[1]);
};

const connectionsOf = async (db: Awaited<ReturnType<typeof testDatabase>>['db'], names: string) => {
  const [row] = await db.execute<{ count: number }>(
    sql`select count(*)::int as count from pg_stat_activity
      where datname = current_database() and application_name like ${names}`,
  );
  return row?.count ?? 0;
};

test('a busy worker process takes no more connections than OPERATING.md says', async () => {
  const { databaseUrl, db, close } = await testDatabase();
  onTestFinished(close);
  const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-connections-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const outside = await openOutside({ workers: 1, changes: [60] });
  onTestFinished(outside.close);
  const desk = await openFrontDesk(databaseUrl);
  onTestFinished(desk.close);
  // The worker's own connections are those that name it.
  const named = new URL(databaseUrl);
  named.searchParams.set('application_name', 'counted worker');
  const workers = await startWorkers(1, outside, fleetSettings(named.href, dataDir));
  onTestFinished(async () => {
    await Promise.all(workers.map((worker) => worker.end(1_000)));
  });
  await desk.accept(
    await desk.owner(),
    runRequest({
      repoUrl: repositoryOf(0),
      constructId: 'run-0',
      oracleUrl: outside.oracleUrl,
      judge: 'anthropic',
      limit: 60,
      minReplays: 5,
    }),
  );
  let most = 0;
  await eventually(
    'The end of the run',
    async () => {
      most = Math.max(most, await connectionsOf(db, 'counted worker'));
      return (await runStates(desk.db))[0]?.status;
    },
    (status) => status === 'COMPLETED',
    { withinMs: 170_000 },
  );
  expect(most).toBeGreaterThan(5);
  expect(most).toBeLessThanOrEqual(promised('worker'));
}, 400_000);

test('a pool takes no more connections than a web process may, and closes what it does not use', async () => {
  const { databaseUrl, db, close } = await testDatabase();
  onTestFinished(close);
  const named = new URL(databaseUrl);
  named.searchParams.set('application_name', 'counted web');
  const pool = openDatabase(named.href);
  onTestFinished(pool.close);
  await Promise.all(Array.from({ length: 40 }, () => pool.db.execute(sql`select pg_sleep(0.05)`)));
  // One more listens to changes of runs, and the server's entry has its own.
  expect((await connectionsOf(db, 'counted web')) + 1 + entryConnections).toBe(promised('web'));
  await expect.poll(() => connectionsOf(db, 'counted web')).toBe(0);
});
