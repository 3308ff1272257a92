import { sql } from 'drizzle-orm';
import { bigint, boolean, doublePrecision, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { holds, isAtLeast, isListed } from './checks.ts';
import { instant } from './columns.ts';

/** open → settled, or cut: the call's worker died or gave it up. A late answer settles a cut call after all. */
const spendStates = ['open', 'settled', 'cut'] as const;

/**
 * What judge calls cost, in US dollars. The limits of the run and of the installation's day are checked against it. A
 * call is booked before it is made, at the most that it can cost, and settled to what it did cost. A call whose worker
 * died counts at its likely cost, because it may have been charged. Token counts are null until a call is settled.
 * Pruning a run leaves one row with the sums of its calls.
 */
export const judgeSpend = pgTable(
  'judge_spend',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    runId: uuid('run_id').notNull(),
    state: text('state', { enum: spendStates }).notNull(),
    /** What the call counts: the most while it is open, what it took once settled, its likely cost once cut. */
    costUsd: doublePrecision('cost_usd').notNull(),
    /** Estimated before the call. */
    likelyUsd: doublePrecision('likely_usd').notNull(),
    /** The bound: what the call can have cost at most. */
    mostUsd: doublePrecision('most_usd').notNull(),
    /** False: the model's price or the call's tokens are unknown, and the call counts at an upper bound. */
    isKnown: boolean('is_known').notNull().default(true),
    calls: bigint('calls', { mode: 'number' }),
    /** Those of `calls` whose tokens are estimated. */
    estimatedCalls: bigint('estimated_calls', { mode: 'number' }),
    inputTokens: bigint('input_tokens', { mode: 'number' }),
    cacheWriteTokens: bigint('cache_write_tokens', { mode: 'number' }),
    cacheReadTokens: bigint('cache_read_tokens', { mode: 'number' }),
    outputTokens: bigint('output_tokens', { mode: 'number' }),
    /** The worker that makes the call renews this. Null: the call waits for its batch, or is no longer open. */
    leasedUntil: instant('leased_until'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('judge_spend_created_at_idx').on(table.createdAt),
    index('judge_spend_run_id_idx').on(table.runId),
    // Each booking looks for calls whose worker died.
    index('judge_spend_open_idx').on(table.leasedUntil).where(sql`state = 'open'`),
    isListed(table.state, spendStates),
    // NaN, which Postgres sorts above all numbers, and infinity would use up every limit for good.
    holds('judge_spend_cost_usd', sql`${table.costUsd} >= 0 and ${table.costUsd} < 'Infinity'`),
    holds('judge_spend_likely_usd', sql`${table.likelyUsd} >= 0 and ${table.likelyUsd} < 'Infinity'`),
    holds('judge_spend_most_usd', sql`${table.mostUsd} >= 0 and ${table.mostUsd} < 'Infinity'`),
    isAtLeast(table.calls, 0),
    isAtLeast(table.estimatedCalls, 0),
    isAtLeast(table.inputTokens, 0),
    isAtLeast(table.cacheWriteTokens, 0),
    isAtLeast(table.cacheReadTokens, 0),
    isAtLeast(table.outputTokens, 0),
    holds(
      'judge_spend_settled',
      sql`num_nulls(${table.calls}, ${table.estimatedCalls}, ${table.inputTokens}, ${table.cacheWriteTokens}, ${table.cacheReadTokens}, ${table.outputTokens}) = case when ${table.state} = 'settled' then 0 else 6 end`,
    ),
    holds('judge_spend_leased', sql`${table.leasedUntil} is null or ${table.state} = 'open'`),
  ],
);
