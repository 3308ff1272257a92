import { sql } from 'drizzle-orm';
import { foreignKey, index, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { holds, isListed } from './checks.ts';
import { instant } from './columns.ts';
import { verificationReplays } from './replays.ts';

/** queued → submitting → submitted → done. `single`: no batch answered the call, so it is made on its own. */
const batchItemStates = ['queued', 'submitting', 'submitted', 'done', 'single'] as const;
/** The states of calls that wait for a batch. */
export const waitingStates = ['queued', 'submitting', 'submitted'] as const;

/**
 * Judge calls of runs in economy mode, one row per call, unique by replay and name, so that a restarted worker finds the
 * call again and with it the batch that was paid for.
 */
export const judgeBatchItems = pgTable(
  'judge_batch_items',
  {
    /** The `custom_id` within its batch. */
    id: uuid('id').primaryKey().defaultRandom(),
    replayId: uuid('replay_id').notNull(),
    runId: uuid('run_id').notNull(),
    /** The call's name within its replay. */
    call: text('call').notNull(),
    state: text('state', { enum: batchItemStates }).notNull().default('queued'),
    /** What the batch is sent; null once there is a reply, or the call is made on its own. */
    request: jsonb('request_json').$type<object>(),
    batchId: text('batch_id'),
    /** Its booking in `judge_spend`, settled with the batch. */
    spendId: uuid('spend_id').notNull(),
    reply: jsonb('reply_json').$type<object>(),
    submittedAt: instant('submitted_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    foreignKey({
      name: 'judge_batch_items_replay_id_fk',
      columns: [table.replayId],
      foreignColumns: [verificationReplays.id],
    }).onDelete('cascade'),
    unique('judge_batch_items_replay_id_call_key').on(table.replayId, table.call),
    index('judge_batch_items_state_idx').on(table.state),
    index('judge_batch_items_batch_id_idx').on(table.batchId),
    index('judge_batch_items_spend_id_idx').on(table.spendId),
    isListed(table.state, batchItemStates),
    holds(
      'judge_batch_items_request',
      sql`(${table.request} is not null) = (${table.state} in ${waitingStates})`,
    ),
    holds('judge_batch_items_reply', sql`(${table.reply} is not null) = (${table.state} = 'done')`),
    holds(
      'judge_batch_items_submitted_at',
      sql`${table.submittedAt} is not null or ${table.state} not in ('submitting', 'submitted')`,
    ),
    holds('judge_batch_items_batch_id', sql`${table.batchId} is not null or ${table.state} <> 'submitted'`),
  ],
);
