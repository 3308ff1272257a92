import {
  createTableRelationsHelpers,
  extractTablesRelationalConfig,
  getTableName,
  is,
  One,
} from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { expect, test } from 'vitest';
import * as schema from './index.ts';

const { tables } = extractTablesRelationalConfig(schema, createTableRelationsHelpers);
const relationsOf = (table: string) =>
  Object.values(Object.values(tables).find(({ dbName }) => dbName === table)?.relations ?? {});

test('every foreign key can be followed from both sides', () => {
  const keys = Object.values<unknown>(schema)
    .filter((member) => is(member, PgTable))
    .flatMap((table) => getTableConfig(table).foreignKeys.map((key) => ({ table, ...key.reference() })));
  expect(keys.length).toBeGreaterThan(10);
  for (const { table, columns, foreignTable } of keys) {
    const [child, parent] = [getTableName(table), getTableName(foreignTable)];
    const columnNames = columns.map(({ name }) => name);
    const up = relationsOf(child).filter(
      (relation) =>
        is(relation, One) &&
        relation.referencedTableName === parent &&
        relation.config?.fields.map(({ name }) => name).join() === columnNames.join(),
    );
    expect(up, `${child} (${columnNames.join()}) → ${parent}`).toHaveLength(1);
    expect(
      relationsOf(parent).some(({ referencedTableName }) => referencedTableName === child),
      `${parent} → ${child}`,
    ).toBe(true);
  }
});
