import { sql } from 'drizzle-orm';
import { bigint, boolean, doublePrecision, index, pgTable, uuid } from 'drizzle-orm/pg-core';
import { holds, isAtLeast } from './checks.ts';
import { instant } from './columns.ts';

/**
 * What judge calls cost, in US dollars. The limits of the run and of the installation's day are checked against it. A
 * call is booked before it is made, at the most that it can cost, and settled to what it did cost. What a killed worker
 * leaves unsettled stays booked, because the call may have been charged. Token counts are null until a call is settled.
 * Pruning a run leaves one row with the sums of its settled calls.
 */
export const judgeSpend = pgTable(
  'judge_spend',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    runId: uuid('run_id').notNull(),
    costUsd: doublePrecision('cost_usd').notNull(),
    calls: bigint('calls', { mode: 'number' }),
    inputTokens: bigint('input_tokens', { mode: 'number' }),
    cacheWriteTokens: bigint('cache_write_tokens', { mode: 'number' }),
    cacheReadTokens: bigint('cache_read_tokens', { mode: 'number' }),
    outputTokens: bigint('output_tokens', { mode: 'number' }),
    settled: boolean('settled').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('judge_spend_created_at_idx').on(table.createdAt),
    index('judge_spend_run_id_idx').on(table.runId),
    // NaN, which Postgres sorts above all numbers, and infinity would use up every limit for good.
    holds('judge_spend_cost_usd', sql`${table.costUsd} >= 0 and ${table.costUsd} < 'Infinity'`),
    isAtLeast(table.calls, 0),
    isAtLeast(table.inputTokens, 0),
    isAtLeast(table.cacheWriteTokens, 0),
    isAtLeast(table.cacheReadTokens, 0),
    isAtLeast(table.outputTokens, 0),
    holds(
      'judge_spend_settled',
      sql`num_nulls(${table.calls}, ${table.inputTokens}, ${table.cacheWriteTokens}, ${table.cacheReadTokens}, ${table.outputTokens}) = case when ${table.settled} then 0 else 5 end`,
    ),
  ],
);
