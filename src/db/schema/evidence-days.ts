import { bigint, date, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { isAtLeast } from './checks.ts';
import { users } from './users.ts';

/** How much evidence each stranger's runs left on each UTC day, in bytes. It is kept for good, so the sum counts too. */
export const evidenceDays = pgTable(
  'evidence_days',
  {
    day: date('day', { mode: 'string' }).notNull(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.day] }), isAtLeast(table.bytes, 0)],
);
