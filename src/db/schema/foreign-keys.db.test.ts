import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '#testing/rigs/database.ts';

test('every foreign key has an index that begins with its columns, so that deleting what it names reads no whole table', async () => {
  const { sql, close } = await testDatabase();
  onTestFinished(close);
  const keys = await sql<{ name: string; indexed: boolean }[]>`
    select conname as name, exists (
      select from pg_index
      where indrelid = conrelid and indpred is null
        and (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey
    ) as indexed
    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`;
  expect(keys.length).toBeGreaterThan(10);
  expect(keys.filter(({ indexed }) => !indexed).map(({ name }) => name)).toEqual([]);
});
