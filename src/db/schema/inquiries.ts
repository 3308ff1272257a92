import { sql } from 'drizzle-orm';
import { index, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { inquiryKinds, inquiryRefusalSchema } from '#contracts/inquiry.ts';
import { runConfigSchema } from '#contracts/run.ts';
import { holds, isListed } from './checks.ts';
import { instant, jsonbOf } from './columns.ts';
import { users } from './users.ts';

/**
 * What forms ask of workers. A row lives until its answer was fetched, at most two minutes. It holds the caller's secrets
 * sealed, bound to its id.
 */
export const inquiries = pgTable(
  'inquiries',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The client's, as budgets count it. Null where clients cannot be told apart. */
    address: text('address'),
    kind: text('kind', { enum: inquiryKinds }).notNull(),
    config: jsonbOf('config_json', runConfigSchema).notNull(),
    sealed: text('sealed').notNull(),
    /** By the kind's schema. Null until the worker has it, and where there is a refusal. */
    answer: jsonb('answer_json').$type<unknown>(),
    refusal: jsonbOf('refusal_json', inquiryRefusalSchema),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    // A person waits for one of each kind at a time.
    uniqueIndex('inquiries_user_id_kind_key').on(table.userId, table.kind),
    index('inquiries_created_at_idx').on(table.createdAt),
    isListed(table.kind, inquiryKinds),
    holds('inquiries_ended', sql`num_nonnulls(${table.answer}, ${table.refusal}) < 2`),
  ],
);
