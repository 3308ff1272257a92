import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '#db/client.ts';
import { projectRoot } from '#start/child.ts';
import { entryConnections } from '#start/open-door.ts';
import { eventually } from '#testing/fleet/eventually.ts';
import { openFleet } from '#testing/fleet/open-fleet.ts';
import { runStates } from '#testing/fleet/runs.ts';
import { testDatabase } from '#testing/rigs/database.ts';

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
  const { databaseUrl, db, start, accept } = await openFleet({ workers: 1, changes: [60] });
  // The worker's own connections are those that name it.
  const named = new URL(databaseUrl);
  named.searchParams.set('application_name', 'counted worker');
  await start({ DATABASE_URL: named.href });
  await accept(0, { minReplays: 5 });
  let most = 0;
  await eventually(
    'The end of the run',
    async () => {
      most = Math.max(most, await connectionsOf(db, 'counted worker'));
      return (await runStates(db))[0]?.status;
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
