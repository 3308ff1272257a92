import { sql } from 'drizzle-orm';
import { boolean, foreignKey, index, integer, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { groundTruthSchema } from '#contracts/ground-truth.ts';
import { storedOutcomeSchema } from '#contracts/oracle.ts';
import {
  answerKeyOutcomeSchema,
  baselineSchema,
  canariesSchema,
  madeAnswerKeySchema,
  precisionVerdictSchema,
  recallVerdictSchema,
  replayOutcomes,
  replyVerdictSchema,
  secondJudgmentSchema,
} from '#contracts/replay.ts';
import { fitsNotEmpty, holds, isAtLeast, isListed } from './checks.ts';
import { instant, jsonbOf } from './columns.ts';
import { groundTruthRecords } from './ground-truths.ts';
import { verificationRuns } from './runs.ts';

const replayStates = ['reserve', 'open', 'ended'] as const;

/**
 * The checkpoints: one row per replay (run, ground truth). Every step is stored as it arrives, so a restarted worker
 * resumes at the first missing one and repeats no call that was paid for. `position` is the place in the seeded draw. A
 * `reserve` row has no job until it replaces a change that no answer key could be made for.
 */
export const verificationReplays = pgTable(
  'verification_replays',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    runId: uuid('run_id')
      .notNull()
      .references(() => verificationRuns.id, { onDelete: 'cascade' }),
    groundTruthId: text('ground_truth_id').notNull(),
    position: integer('position').notNull(),
    /** Waiting replays of all runs are worked on from the lowest turn to the highest. */
    turn: integer('turn').notNull().default(0),
    state: text('state', { enum: replayStates }).notNull(),
    /** Null once the record of a private repository has been erased. */
    groundTruthDigest: text('ground_truth_digest'),
    draftKey: jsonbOf('draft_key_json', madeAnswerKeySchema),
    answerKey: jsonbOf('answer_key_json', answerKeyOutcomeSchema),
    oracle: jsonbOf('oracle_json', storedOutcomeSchema),
    canaries: jsonbOf('canaries_json', canariesSchema),
    precision: jsonbOf('precision_json', precisionVerdictSchema),
    recall: jsonbOf('recall_json', recallVerdictSchema),
    reply: jsonbOf('reply_json', replyVerdictSchema),
    baseline: jsonbOf('baseline_json', baselineSchema),
    second: jsonbOf('second_json', secondJudgmentSchema),
    /** The oracle answered in a run that this replay's run resumes, not in this run itself. */
    oracleCarried: boolean('oracle_carried').notNull().default(false),
    /** How often the question was sent to the oracle, in this run and those that it resumes. */
    oracleAsks: integer('oracle_asks').notNull().default(0),
    /** Tries of its job that ended in an error. A worker that died is not counted. */
    faults: integer('faults').notNull().default(0),
    /** Since when the replay waits for a judge or an oracle that cannot be reached; null while it waits for neither. */
    waitingSince: instant('waiting_since'),
    /** Null until the replay has ended. */
    outcome: text('outcome', { enum: replayOutcomes }),
    /** Why it is an oracle failure, unscored or replaced; before it has ended, what last stopped it. */
    reason: text('reason'),
    endedAt: instant('ended_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    unique('verification_replays_run_id_ground_truth_id_key').on(table.runId, table.groundTruthId),
    // Named by hand: the name that Drizzle would make is longer than the 63 bytes Postgres keeps.
    foreignKey({
      name: 'verification_replays_ground_truth_digest_fk',
      columns: [table.groundTruthDigest],
      foreignColumns: [groundTruthRecords.digest],
    }).onDelete('set null'),
    index('verification_replays_ground_truth_digest_idx').on(table.groundTruthDigest),
    index('verification_replays_run_id_state_position_idx').on(table.runId, table.state, table.position),
    fitsNotEmpty(table.groundTruthId, groundTruthSchema.shape.id),
    isAtLeast(table.position, 0),
    isAtLeast(table.turn, 0),
    isListed(table.state, replayStates),
    isAtLeast(table.oracleAsks, 0),
    isAtLeast(table.faults, 0),
    isListed(table.outcome, replayOutcomes),
    holds(
      'verification_replays_ended',
      sql`num_nulls(${table.outcome}, ${table.endedAt}) = case ${table.state} when 'ended' then 0 else 2 end`,
    ),
  ],
);
