import { join } from 'node:path';
import type { Migration } from './journal.ts';

export const migrationsFolder = join(import.meta.dirname, '../../drizzle');

/**
 * The advisory lock of schema changes. Without it, processes that migrate at the same time create the same table twice.
 * Any constant serves, as long as all use this one.
 */
export const migrationLock = 4_020_736_911;

/** Between two statements of a migration's file, up or down. */
export const statementBreakpoint = '--> statement-breakpoint';

export const downFile = (migration: Migration, folder = migrationsFolder) =>
  join(folder, `${migration.tag}.down.sql`);
