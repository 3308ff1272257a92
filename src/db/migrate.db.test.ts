import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import type { Sql } from 'postgres';
import { expect, test } from 'vitest';
import { testDatabase } from '#testing/rigs/database.ts';
import { readJournal } from './journal.ts';
import { migrate } from './migrate.ts';
import { migrationsFolder } from './migrations.ts';
import { rollback } from './rollback.ts';
import * as schema from './schema/index.ts';

/** Everything a migration can make, as Postgres itself describes it. */
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
});

test('every migration goes down and up again, and leaves the same schema at each step', async () => {
  const { databaseUrl, sql, close } = await testDatabase({ migrated: false });
  const tags = (await readJournal(migrationsFolder)).map(({ tag }) => tag);
  const empty = await describeSchema(sql);
  await migrate(databaseUrl);
  const full = await describeSchema(sql);

  const onTheWayDown = [];
  for (const tag of tags.toReversed()) {
    expect(await rollback(databaseUrl)).toBe(tag);
    const below = await describeSchema(sql);
    onTheWayDown.push(below);
    await migrate(databaseUrl);
    expect(await describeSchema(sql)).toEqual(full);
    for (let step = 0; step < onTheWayDown.length; step += 1) await rollback(databaseUrl);
    expect(await describeSchema(sql)).toEqual(below);
  }

  expect(onTheWayDown.at(-1)).toEqual(empty);
  expect(await rollback(databaseUrl)).toBeNull();
  await migrate(databaseUrl);
  expect(await describeSchema(sql)).toEqual(full);
  await close();
});

test('four processes that migrate at once do no harm', async () => {
  const { databaseUrl, sql, close } = await testDatabase({ migrated: false });
  await Promise.all(Array.from({ length: 4 }, () => migrate(databaseUrl)));
  const applied =
    await sql`select created_at::float8 as "when" from drizzle.__drizzle_migrations order by id`;
  expect(applied.map(({ when }) => when)).toEqual(
    (await readJournal(migrationsFolder)).map(({ when }) => when),
  );
  await close();
});

test('a migration that this version does not know is not rolled back', async () => {
  const { databaseUrl, sql, close } = await testDatabase();
  await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 99999999999999)`;
  await expect(rollback(databaseUrl)).rejects.toThrow('not one of this version');
  await close();
});

test('the schema files hold nothing that no migration makes', async () => {
  const journal = await readJournal(migrationsFolder);
  const last = `${String(journal.length - 1).padStart(4, '0')}_snapshot.json`;
  const snapshot = JSON.parse(await readFile(join(migrationsFolder, 'meta', last), 'utf8'));
  expect(await generateMigration(snapshot, generateDrizzleJson(schema))).toEqual([]);
});

test('each migration is dated after the one before it, else it would never be applied', async () => {
  const dates = (await readJournal(migrationsFolder)).map(({ when }) => when);
  expect(dates).toEqual([...new Set(dates)].toSorted((a, b) => a - b));
});
