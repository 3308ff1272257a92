import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { isAtLeast, isDigest } from './checks.ts';
import { instant } from './columns.ts';

/**
 * Changes as they were read, each stored once under its digest whichever runs use it. `scope` is `public`, or says by
 * whose credential a private repository was read: another credential's records are other rows.
 */
export const groundTruthRecords = pgTable(
  'ground_truth_records',
  {
    digest: text('digest').primaryKey(),
    scope: text('scope').notNull(),
    record: jsonb('record_json').$type<GroundTruth>().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    // What the sweep looks for, again and again, among records that are public almost all.
    index('ground_truth_records_private_created_at_idx').on(table.createdAt).where(sql`scope <> 'public'`),
    isDigest(table.digest),
  ],
);

/** The records that a run was drawn from, as one digest: two runs with the same snapshot saw the same repository. */
export const groundTruthSnapshots = pgTable(
  'ground_truth_snapshots',
  {
    digest: text('digest').primaryKey(),
    scope: text('scope').notNull(),
    source: text('source').notNull(),
    recordCount: integer('record_count').notNull(),
    /** In ascending order. */
    recordDigests: jsonb('record_digests_json').$type<string[]>().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [isDigest(table.digest), isAtLeast(table.recordCount, 1)],
);
