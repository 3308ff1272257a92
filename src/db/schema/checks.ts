import { getTableName, type SQL, sql } from 'drizzle-orm';
import { check, type PgColumn } from 'drizzle-orm/pg-core';

/**
 * CHECK constraints that hold what the contracts promise. Lists and bounds are the contracts' own, so that the two
 * cannot differ. A column that is null passes.
 */

/** Of several columns together; `name` is the constraint's without its `_check`. */
export const holds = (name: string, condition: SQL) => check(`${name}_check`, condition.inlineParams());

const ofColumn = (column: PgColumn, condition: SQL) =>
  holds(`${getTableName(column.table)}_${column.name}`, condition);

/** A bound that a contract does not state would make a condition that nothing fails. */
const stated = (bound: number | null): number => {
  if (bound === null || !Number.isFinite(bound)) throw new Error('The contract states no such bound.');
  return bound;
};

export const isListed = (column: PgColumn, values: readonly string[]) =>
  ofColumn(column, sql`${column} in ${values}`);

/** A JSON array of these values, and not empty. */
export const listsOnly = (column: PgColumn, values: readonly string[]) =>
  ofColumn(
    column,
    sql`jsonb_typeof(${column}) = 'array' and ${column} <@ ${JSON.stringify(values)}::jsonb and ${column} <> '[]'::jsonb`,
  );

/** NaN, which Postgres sorts above all numbers, is in no range. */
export const isWithin = (
  column: PgColumn,
  { minValue, maxValue }: { minValue: number | null; maxValue: number | null },
) => ofColumn(column, sql`${column} between ${stated(minValue)} and ${stated(maxValue)}`);

export const isAtLeast = (column: PgColumn, least: 0 | 1) => ofColumn(column, sql`${column} >= ${least}`);

/**
 * Postgres counts characters, the contracts UTF-16 code units, of which a character has one or two: what a contract
 * lets through always fits, and the contract alone is exact.
 */
export const fits = (column: PgColumn, { maxLength }: { maxLength: number | null }) =>
  ofColumn(column, sql`char_length(${column}) <= ${stated(maxLength)}`);

/** As `fits`, and not empty. */
export const fitsNotEmpty = (column: PgColumn, { maxLength }: { maxLength: number | null }) =>
  ofColumn(column, sql`char_length(${column}) between 1 and ${stated(maxLength)}`);

/** A SHA-256 in lower-case hexadecimal. */
export const isDigest = (column: PgColumn) => ofColumn(column, sql`${column} ~ '^[0-9a-f]{64}$'`);
