import { pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** When any worker last began each periodic task. */
export const housekeeping = pgTable('housekeeping', {
  task: text('task').primaryKey(),
  begunAt: instant('begun_at').notNull(),
});
