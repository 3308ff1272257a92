import { pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/** When what is done from time to time was begun last, by whichever worker. */
export const housekeeping = pgTable('housekeeping', {
  task: text('task').primaryKey(),
  begunAt: timestamp('begun_at', { withTimezone: true, mode: 'date' }).notNull(),
});
