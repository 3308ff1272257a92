import { index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/**
 * Calls to something that bears only so many at once or a minute, whichever worker makes them. A slot that is not given
 * back, because its worker died, ends by itself; it is kept for a minute, since rates count it.
 */
export const callSlots = pgTable(
  'call_slots',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    /** Whom it is taken at, for example an oracle's origin. */
    resource: text('resource').notNull(),
    /** Whose call it is: nobody takes more than a fair share while others wait. */
    userId: uuid('user_id').notNull(),
    takenAt: instant('taken_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    releasedAt: instant('released_at'),
  },
  (table) => [index('call_slots_resource_taken_at_idx').on(table.resource, table.takenAt)],
);

/** Who was last refused a slot, and when: whoever waits asks again within a minute. */
export const callWaits = pgTable(
  'call_waits',
  {
    resource: text('resource').notNull(),
    userId: uuid('user_id').notNull(),
    refusedAt: instant('refused_at').notNull(),
  },
  (table) => [primaryKey({ name: 'call_waits_pkey', columns: [table.resource, table.userId] })],
);
