import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readJournal } from '#db/journal.ts';
import { migrationsFolder } from '#db/migrations.ts';
import { localOwner, resolveApiToken } from '#services/account/index.ts';
import { runCommand, runInProcess, withSettings } from '#testing/rigs/command-line.ts';
import { testDatabase } from '#testing/rigs/database.ts';

type TestDatabase = Awaited<ReturnType<typeof testDatabase>>;
const opened: TestDatabase[] = [];
const open = async (options?: { migrated: boolean }) => {
  const database = await testDatabase(options);
  opened.push(database);
  return database;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
});

const columnNames = async ({ sql }: TestDatabase) => {
  const rows = await sql<{ name: string }[]>`
    select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = 'public' order by 1`;
  return rows.map(({ name }) => name);
};

test('db migrate makes tables and queues, db rollback takes the last migration back, and migrating brings it again', async () => {
  const database = await open({ migrated: false });
  const here = withSettings({ databaseUrl: database.databaseUrl });
  expect(await runInProcess(['db', 'migrate'], here)).toMatchObject({ code: 0, stderr: '' });
  const all = await columnNames(database);
  expect(all).toContain('verification_runs.id');
  const queues = await database.sql`select name from pgboss.queue`;
  expect(queues.map(({ name }) => name)).toContain('score-replay');
  const rolledBack = await runInProcess(['db', 'rollback'], here);
  expect(rolledBack.code).toBe(0);
  expect(rolledBack.stdout).toMatch(/Took the migration \S+ back/);
  expect(await columnNames(database)).not.toEqual(all);
  expect(await runInProcess(['db', 'migrate'], here)).toMatchObject({ code: 0 });
  expect(await columnNames(database)).toEqual(all);
});

test('ground truth that earlier runs stored by themselves is kept under its digest, and given back by the rollback', async () => {
  const database = await open({ migrated: false });
  const { sql } = database;
  const here = withSettings({ databaseUrl: database.databaseUrl });
  await runInProcess(['db', 'migrate'], here);
  const rollBackToIt = async () => {
    for (const _ of (await readJournal(migrationsFolder)).filter(({ idx }) => idx >= 6))
      expect(await runInProcess(['db', 'rollback'], here)).toMatchObject({ code: 0 });
  };
  await rollBackToIt();
  const record = { id: '7', title: 'Change', diff: '+x' };
  const [user] = await sql<{ id: string }[]>`insert into users (name) values (null) returning id`;
  const [run] = await sql<{ id: string }[]>`
    insert into verification_runs (user_id, construct_id, repo_url, config_json)
    values (${user?.id ?? ''}, 'c', 'owner/name', '{}') returning id`;
  for (const id of ['7', '8'])
    await sql`insert into verification_replays (run_id, ground_truth_id, position, state, ground_truth_json)
      values (${run?.id ?? ''}, ${id}, ${Number(id)}, 'open', ${JSON.stringify(record)}::jsonb)`;
  expect(await runInProcess(['db', 'migrate'], here)).toMatchObject({ code: 0 });
  const joined = await sql`select record_json as record from verification_replays
    join ground_truth_records on digest = ground_truth_digest`;
  expect(joined.map((row) => row.record)).toEqual([record, record]);
  expect(await sql`select digest from ground_truth_records`).toHaveLength(1);
  await rollBackToIt();
  const back = await sql`select ground_truth_json as record from verification_replays`;
  expect(back.map((row) => row.record)).toEqual([record, record]);
});

test('there being nothing to take back is no failure', async () => {
  const { databaseUrl } = await open({ migrated: false });
  const outcome = await runInProcess(['db', 'rollback'], withSettings({ databaseUrl }));
  expect(outcome).toMatchObject({ code: 0, stdout: 'There is no migration to take back.\n' });
});

test('a token is alone on standard output and opens the owner’s account', async () => {
  const { db, databaseUrl } = await open();
  const outcome = await runCommand(['token', 'create', '--name', 'ci'], {
    env: { DATABASE_URL: databaseUrl },
  });
  expect(outcome.code).toBe(0);
  const actor = await resolveApiToken({ db, now: () => new Date() }, outcome.stdout.trim());
  expect(actor).toEqual(await localOwner({ db }));
});

test('without DATABASE_URL the data directory’s own database is used, and stopped again', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'echelon-cli-data-'));
  try {
    const env = { DATA_DIR: dataDir };
    expect(await runCommand(['token', 'create', '--name', 'ci', '--json'], { env })).toMatchObject({
      code: 0,
    });
    // The directory is free again: a second command takes it.
    expect(await runCommand(['db', 'migrate'], { env })).toMatchObject({ code: 0 });
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('a database that is not reached is told without its password', async () => {
  const outcome = await runInProcess(
    ['db', 'migrate'],
    withSettings({ databaseUrl: 'postgres://someone:planted-password@127.0.0.1:9/none' }),
  );
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcome.stderr).toContain('was not reached (ECONNREFUSED)');
  expect(outcome.stderr).not.toContain('planted');
});
