import { index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** What was spent of each budget in its present window, by all web processes together. */
export const budgets = pgTable(
  'budgets',
  {
    /** The budget's name and the party that it counts. */
    key: text('key').primaryKey(),
    points: integer('points').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('budgets_expires_at_idx').on(table.expiresAt)],
);
