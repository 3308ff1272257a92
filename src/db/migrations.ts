import { join } from 'node:path';
import type { Migration } from './journal.ts';

export const migrationsFolder = join(import.meta.dirname, '../../drizzle');

/**
 * Held by whoever changes the schema, for as long as that takes: several processes that migrate at once would
 * otherwise create the same table twice. Any constant serves; all of them must use this one.
 */
export const migrationLock = 4_020_736_911;

/** Between two statements of a migration's file, up or down. */
export const statementBreakpoint = '--> statement-breakpoint';

export const downFile = (migration: Migration, folder = migrationsFolder) =>
  join(folder, `${migration.tag}.down.sql`);
