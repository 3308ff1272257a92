import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export const migrationsFolder = join(import.meta.dirname, '../../drizzle');

/**
 * Held by whoever changes the schema, for as long as that takes: several processes that migrate at once would
 * otherwise create the same table twice. Any constant serves; all of them must use this one.
 */
export const migrationLock = 4_020_736_911;

const journalSchema = z.object({
  entries: z.array(z.object({ idx: z.number().int(), tag: z.string(), when: z.number().int() })),
});

export type Migration = z.infer<typeof journalSchema>['entries'][number];

/** Every migration in its order, as drizzle-kit's journal lists them. */
export const readJournal = async (folder = migrationsFolder): Promise<Migration[]> =>
  journalSchema.parse(JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8'))).entries;

/** Between two statements of a migration's file, up or down. */
export const statementBreakpoint = '--> statement-breakpoint';

export const downFile = (migration: Migration, folder = migrationsFolder) =>
  join(folder, `${migration.tag}.down.sql`);
