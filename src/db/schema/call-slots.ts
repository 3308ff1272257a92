import { index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/**
 * Calls to a resource that allows only so many at once or per minute, from all workers together. A slot whose worker
 * died expires. Rows are kept for a minute, because rates count them.
 */
export const callSlots = pgTable(
  'call_slots',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    /** What is called, for example an oracle's origin. */
    resource: text('resource').notNull(),
    /** Who the call is made for: while others wait, each user gets a fair share. */
    userId: uuid('user_id').notNull(),
    takenAt: instant('taken_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    releasedAt: instant('released_at'),
  },
  (table) => [index('call_slots_resource_taken_at_idx').on(table.resource, table.takenAt)],
);

/** Users who wait for a slot, and when each was last refused one. They ask again within a minute. */
export const callWaits = pgTable(
  'call_waits',
  {
    resource: text('resource').notNull(),
    userId: uuid('user_id').notNull(),
    refusedAt: instant('refused_at').notNull(),
  },
  (table) => [primaryKey({ name: 'call_waits_pkey', columns: [table.resource, table.userId] })],
);
