import { pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** When what is done from time to time was begun last, by whichever worker. */
export const housekeeping = pgTable('housekeeping', {
  task: text('task').primaryKey(),
  begunAt: instant('begun_at').notNull(),
});
