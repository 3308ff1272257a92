import {
  bigint,
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { oracleOutcomeSchema } from '#contracts/oracle.ts';
import {
  answerKeyOutcomeSchema,
  baselineSchema,
  parrotVerdictsSchema,
  precisionVerdictSchema,
  recallVerdictSchema,
  replayOutcomes,
  replyVerdictSchema,
  secondJudgmentSchema,
  settledAnswerKeySchema,
} from '#contracts/replay.ts';
import { groundTruthRecords } from './ground-truths.ts';
import { jsonbOf } from './jsonb-of.ts';
import { verificationRuns } from './runs.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/**
 * The checkpoints: one row per replay (run, ground truth). Every step is stored as it arrives, so a restarted worker
 * resumes at the first that is missing and repeats no call that was paid for. `position` is the place in the seeded
 * draw; a `reserve` row has no job until it replaces a change that no answer key could be made for.
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
    state: text('state', { enum: ['reserve', 'open', 'ended'] }).notNull(),
    /** Null once a private repository's record was erased. */
    groundTruthDigest: text('ground_truth_digest'),
    answerKey: jsonbOf('answer_key_json', answerKeyOutcomeSchema),
    oracle: jsonbOf('oracle_json', oracleOutcomeSchema),
    precision: jsonbOf('precision_json', precisionVerdictSchema),
    recall: jsonbOf('recall_json', recallVerdictSchema),
    reply: jsonbOf('reply_json', replyVerdictSchema),
    baseline: jsonbOf('baseline_json', baselineSchema),
    second: jsonbOf('second_json', secondJudgmentSchema),
    /** The oracle was asked in a run that this replay's run has resumed, and not by itself. */
    oracleCarried: boolean('oracle_carried').notNull().default(false),
    /** How often its question went out to the oracle, in this run and those that it resumes. */
    oracleAsks: integer('oracle_asks').notNull().default(0),
    /** Attempts that ended in an error; a worker that died is none. */
    faults: integer('faults').notNull().default(0),
    /** Since when the judge is waited for without an answer; null where it is not. */
    waitingSince: instant('waiting_since'),
    /** Null until the replay ended. */
    outcome: text('outcome', { enum: replayOutcomes }),
    /** Why it is an oracle failure, unscored or replaced. */
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
  ],
);

/**
 * What runs on the same change share under the same judge model and prompts: the answer key, and the verdicts on the
 * parrot by that key. Keys are withheld from everybody, their run's owner too, and retired 90 days after their making.
 */
export const answerKeys = pgTable(
  'answer_keys',
  {
    groundTruthDigest: text('ground_truth_digest').notNull(),
    judgeModel: text('judge_model').notNull(),
    promptDigest: text('prompt_digest').notNull(),
    outcome: jsonbOf('outcome_json', settledAnswerKeySchema).notNull(),
    /** Which replay had it made: one that was cut off before its checkpoint held it does not use another's. */
    keyOfReplay: uuid('key_of_replay'),
    parrot: jsonbOf('parrot_json', parrotVerdictsSchema),
    parrotOfReplay: uuid('parrot_of_replay'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({
      name: 'answer_keys_pkey',
      columns: [table.groundTruthDigest, table.judgeModel, table.promptDigest],
    }),
    foreignKey({
      name: 'answer_keys_ground_truth_digest_fk',
      columns: [table.groundTruthDigest],
      foreignColumns: [groundTruthRecords.digest],
    }).onDelete('cascade'),
  ],
);

/**
 * What judge calls cost, in US dollars: the run's limit and the installation's daily one are held against it. A call is
 * booked before it is made, at the most that it can cost, and settled to what it did cost. What a killed worker leaves
 * unsettled stays booked: the call may have been charged. Of a run that was pruned one row is left, of all that was
 * settled. Counts are null while a call is under way, and of calls that were made before counts were kept here.
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
    settled: boolean('settled').notNull().default(true),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('judge_spend_created_at_idx').on(table.createdAt),
    index('judge_spend_run_id_idx').on(table.runId),
  ],
);
