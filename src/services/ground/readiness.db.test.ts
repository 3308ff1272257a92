import { expect, onTestFinished, test } from 'vitest';
import { readJournal } from '#db/journal.ts';
import { migrationsFolder } from '#db/migrations.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { readiness } from './readiness.ts';

const migrations = await readJournal(migrationsFolder);
const ok = { database: 'ok', migrations: 'ok', queue: 'ok' };

const open = async (options?: { migrated: boolean }) => {
  const database = await testDatabase(options);
  onTestFinished(database.close);
  return database;
};

test('a process is ready on a migrated database, even while that is migrated to the next version', async () => {
  const database = await open();
  expect(await readiness(database, migrations)).toEqual({ ready: true, checks: ok });
  await database.sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 99999999999999)`;
  expect(await readiness(database, migrations)).toEqual({ ready: true, checks: ok });
});

test('a process is not ready on a database that lacks a migration, and names the command that applies it', async () => {
  const behind = { ...ok, migrations: 'behind: run npm run db:migrate' };
  const empty = await open({ migrated: false });
  expect(await readiness(empty, migrations)).toEqual({
    ready: false,
    checks: { ...behind, queue: 'not reachable' },
  });
  const partly = await open();
  await partly.sql`delete from drizzle.__drizzle_migrations where id = 2`;
  expect(await readiness(partly, migrations)).toEqual({ ready: false, checks: behind });
});

test('a process is not ready on another version’s database, and names the command that fixes it', async () => {
  const database = await open();
  await database.sql`update drizzle.__drizzle_migrations set hash = 'earlier' where id = 1`;
  const { ready, checks } = await readiness(database, migrations);
  expect(ready).toBe(false);
  expect(checks.migrations).toMatch(
    /set up by another version of Echelon Verify, .* psql "\$DATABASE_URL" -c/,
  );
});
