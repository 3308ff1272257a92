import { index, pgTable, uuid } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { judgeProviders } from '#contracts/judge-providers.ts';
import { instant, jsonbOf } from './columns.ts';

/** The workers that live, and the judges that each has: none if it carries out no runs. A dead one is not seen again. */
export const workers = pgTable(
  'workers',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    judges: jsonbOf('judges_json', z.array(z.enum(judgeProviders))).notNull(),
    seenAt: instant('seen_at').notNull(),
  },
  (table) => [index('workers_seen_at_idx').on(table.seenAt)],
);
