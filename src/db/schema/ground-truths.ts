import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { isAtLeast, isDigest } from './checks.ts';
import { instant } from './columns.ts';

/**
 * Changes as they were read, each stored once under its digest, however many runs use it. `scope` is `public`, or
 * identifies the credential that a private repository was read with. Another credential's records are other rows.
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
    // Erasing looks for private records again and again, and almost all are public.
    index('ground_truth_records_private_created_at_idx').on(table.createdAt).where(sql`scope <> 'public'`),
    isDigest(table.digest),
  ],
);

/** The records of one draw under one digest. Two runs with the same snapshot saw the same repository. */
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
