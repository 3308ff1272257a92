import { eq, ilike, or, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';

/**
 * Lists are read in two steps: the page's ids from an index that has the list's whole order, then the rows of these ids.
 * Otherwise Postgres reads, and even decompresses, every row before it sorts. A cursor is the last id of the page before.
 */

/** Text that is no id belongs to no row. */
export const isId = (text: string): boolean => z.uuid().safeParse(text).success;

/** A filter by name, as `soughtNameSchema` reads it. */
export const named = (column: PgColumn, name: string | null | undefined): SQL | undefined =>
  name === undefined ? undefined : name === null ? sql`false` : eq(column, name);

/** A search for a part of any of these columns, as `soughtPartSchema` reads it: in whatever case, each character for itself. */
export const containing = (columns: PgColumn[], part: string | null | undefined): SQL | undefined => {
  if (part === undefined) return undefined;
  if (part === null) return sql`false`;
  const pattern = `%${part.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return or(...columns.map((column) => ilike(column, pattern)));
};

/** @throws AppError BAD_REQUEST */
export const requireOneStart = ({ cursor, offset }: { cursor?: string | undefined; offset: number }) => {
  if (cursor === undefined || offset === 0) return;
  const message = 'Give a cursor or an offset, not both.';
  throw new AppError('BAD_REQUEST', message, [{ path: 'offset', message }]);
};

/** A page's ids, of which one more was read than the page shows, and its cursor if another page follows. */
export const cutPage = (ids: readonly string[], limit: number) => {
  const shown = ids.slice(0, limit);
  const last = shown.at(-1);
  return { shown, next: ids.length > limit && last !== undefined ? { nextCursor: last } : {} };
};

/** The rows in the order of their ids. A row that was deleted since is left out. */
export const inOrder = <Row extends { id: string }>(rows: readonly Row[], ids: readonly string[]): Row[] => {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
};
