import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const journalSchema = z.object({
  entries: z.array(z.object({ tag: z.string(), when: z.number().int() })),
});

/** `hash` is what Drizzle notes in the database of a migration that it has applied. */
export type Migration = { tag: string; when: number; hash: string };

/** Every migration in its order, as drizzle-kit's journal in this folder lists them. */
export const readJournal = async (folder: string): Promise<Migration[]> => {
  const { entries } = journalSchema.parse(
    JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8')),
  );
  return Promise.all(
    entries.map(async ({ tag, when }) => {
      const statements = await readFile(join(folder, `${tag}.sql`), 'utf8');
      return { tag, when, hash: createHash('sha256').update(statements).digest('hex') };
    }),
  );
};
