import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const journalSchema = z.object({
  entries: z.array(z.object({ idx: z.number().int(), tag: z.string(), when: z.number().int() })),
});

export type Migration = z.infer<typeof journalSchema>['entries'][number];

/** Every migration in its order, as drizzle-kit's journal in this folder lists them. */
export const readJournal = async (folder: string): Promise<Migration[]> =>
  journalSchema.parse(JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8'))).entries;
