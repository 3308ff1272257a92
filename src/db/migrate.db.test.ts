import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import type { Sql } from 'postgres';
import { expect, test } from 'vitest';
import { testDatabase } from '#testing/rigs/database.ts';
import { SchemaMismatch } from './applied.ts';
import { readJournal } from './journal.ts';
import { migrate } from './migrate.ts';
import { migrationsFolder } from './migrations.ts';
import { rollback } from './rollback.ts';
import * as schema from './schema/index.ts';

// drizzle-kit leaves this on every array of the process, and the parser of wallets' messages stumbles over it.
Reflect.deleteProperty(Array.prototype, 'random');

/** Everything that a migration can make, as Postgres describes it. An extension stays, because it may have been there before. */
const describeSchema = async (sql: Sql) => ({
  columns: await sql`
    select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
    where table_schema = 'public' order by table_name, ordinal_position`,
  constraints: await sql`
    select conrelid::regclass::text as "table", conname, pg_get_constraintdef(oid) as definition from pg_constraint
    where connamespace = 'public'::regnamespace and contype <> 'n' order by 1, 2`,
  indexes: await sql`select indexdef from pg_indexes where schemaname = 'public' order by 1`,
  types: await sql`
    select typname from pg_type where typnamespace = 'public'::regnamespace and typtype = 'e' order by 1`,
  triggers: await sql`
    select tgname, pg_get_triggerdef(oid) as definition from pg_trigger where not tgisinternal order by 1`,
  functions: await sql`
    select proname, prosrc from pg_proc where pronamespace = 'public'::regnamespace and not exists (
      select from pg_depend where classid = 'pg_proc'::regclass and objid = pg_proc.oid and deptype = 'e') order by 1`,
});

/** Without the queues, which belong to another layer. */
const rollBack = (databaseUrl: string) => rollback(databaseUrl, async () => {});

test('every migration goes down and up again, and leaves the same schema at each step', async () => {
  const { databaseUrl, sql, close } = await testDatabase({ migrated: false });
  const tags = (await readJournal(migrationsFolder)).map(({ tag }) => tag);
  const empty = await describeSchema(sql);
  await migrate(databaseUrl);
  const full = await describeSchema(sql);

  const onTheWayDown = [];
  for (const tag of tags.toReversed()) {
    expect(await rollBack(databaseUrl)).toBe(tag);
    const below = await describeSchema(sql);
    onTheWayDown.push(below);
    await migrate(databaseUrl);
    expect(await describeSchema(sql)).toEqual(full);
    for (let step = 0; step < onTheWayDown.length; step += 1) await rollBack(databaseUrl);
    expect(await describeSchema(sql)).toEqual(below);
  }

  expect(onTheWayDown.at(-1)).toEqual(empty);
  expect(await rollBack(databaseUrl)).toBeNull();
  await migrate(databaseUrl);
  expect(await describeSchema(sql)).toEqual(full);
  await close();
});

test('four processes can migrate at once', async () => {
  const { databaseUrl, sql, close } = await testDatabase({ migrated: false });
  await Promise.all(Array.from({ length: 4 }, () => migrate(databaseUrl)));
  const applied =
    await sql`select created_at::float8 as "when" from drizzle.__drizzle_migrations order by id`;
  expect(applied.map(({ when }) => when)).toEqual(
    (await readJournal(migrationsFolder)).map(({ when }) => when),
  );
  await close();
});

test('a migration of a later version stays, and is not rolled back', async () => {
  const { databaseUrl, sql, close } = await testDatabase();
  await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 99999999999999)`;
  await migrate(databaseUrl);
  await expect(rollBack(databaseUrl)).rejects.toThrow('not one of this version');
  await close();
});

test.each([
  ['was applied by an earlier version', `('earlier', 1)`],
  ['was rewritten since it was applied', null],
])('a database with a migration that %s is refused and not changed', async (_, row) => {
  const { databaseUrl, sql, close } = await testDatabase();
  if (row === null) await sql`update drizzle.__drizzle_migrations set hash = 'rewritten' where id = 1`;
  else await sql.unsafe(`insert into drizzle.__drizzle_migrations (hash, created_at) values ${row}`);
  const before = await describeSchema(sql);
  await expect(migrate(databaseUrl)).rejects.toBeInstanceOf(SchemaMismatch);
  await expect(rollBack(databaseUrl)).rejects.toBeInstanceOf(SchemaMismatch);
  expect(await describeSchema(sql)).toEqual(before);
  await close();
});

test('there are two migrations, the tables and the triggers, until the first release', async () => {
  expect((await readJournal(migrationsFolder)).map(({ tag }) => tag)).toEqual([
    '0000_tables',
    '0001_triggers',
  ]);
});

test('migrations make everything in the schema files', async () => {
  const journal = await readJournal(migrationsFolder);
  const last = `${String(journal.length - 1).padStart(4, '0')}_snapshot.json`;
  const snapshot = JSON.parse(await readFile(join(migrationsFolder, 'meta', last), 'utf8'));
  expect(await generateMigration(snapshot, generateDrizzleJson(schema))).toEqual([]);
});

test('each migration is dated after the one before it, because otherwise it would never be applied', async () => {
  const dates = (await readJournal(migrationsFolder)).map(({ when }) => when);
  expect(dates).toEqual([...new Set(dates)].toSorted((a, b) => a - b));
});
