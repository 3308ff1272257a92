import { sql } from 'drizzle-orm';
import { boolean, foreignKey, index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { maxRunErrorLength } from '#contracts/errors.ts';
import {
  continuations,
  maxActivityLength,
  runConfigSchema,
  runDrawSchema,
  runStatuses,
} from '#contracts/run.ts';
import { runRequestSchema } from '#contracts/run-request.ts';
import { verificationCertificates } from './certificates.ts';
import { fits, fitsNotEmpty, holds, isAtLeast, isDigest, isListed } from './checks.ts';
import { instant, jsonbOf } from './columns.ts';
import { groundTruthSnapshots } from './ground-truths.ts';
import { logRegistrations } from './log.ts';
import { users } from './users.ts';

export const verificationRuns = pgTable(
  'verification_runs',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    constructId: text('construct_id').notNull(),
    repoUrl: text('repo_url').notNull(),
    status: text('status', { enum: runStatuses }).notNull().default('PENDING'),
    progress: integer('progress').notNull().default(0),
    total: integer('total').notNull().default(0),
    error: text('error'),
    /** What the run is doing or waiting for, in words for its owner; null where it says nothing. */
    activity: text('activity'),
    certificateId: uuid('certificate_id'),
    /** Runs have their repository read from the lowest turn to the highest. */
    turn: integer('turn').notNull().default(0),
    /** From where a stranger started it, as `networkOfAddress` says, until it ends; null where clients are not told apart. */
    network: text('network'),
    /**
     * Who it counts for where strangers share slots and places: their network, or they themselves where it is not known.
     * Null for the owner's and listed accounts' runs, and for the sample, which asks nobody outside.
     */
    stranger: text('stranger').generatedAlwaysAs(
      sql.raw(
        `case when config_json ->> 'standing' = 'stranger' and config_json #>> '{source,kind}' <> 'sample' then coalesce(network, user_id::text) end`,
      ),
    ),
    /** Since when no worker lives that may and can work on the run; null while one does. */
    stalledSince: instant('stalled_since'),
    /** Tries at ingesting or certifying it that ended in an error. A worker that died is not counted. */
    faults: integer('faults').notNull().default(0),
    config: jsonbOf('config_json', runConfigSchema).notNull(),
    /** What ingestion found; null before, and after pruning. */
    draw: jsonbOf('draw_json', runDrawSchema),
    snapshotDigest: text('snapshot_digest'),
    /** Its newest replays in which the judge was asked in vain, in a row, and whether it was of use in any (`JudgeTally`). */
    judgeVainInRow: integer('judge_vain_in_row').notNull().default(0),
    judgeHasServed: boolean('judge_has_served').notNull().default(false),
    /** The same for the judge of the agreement. */
    agreementVainInRow: integer('agreement_vain_in_row').notNull().default(0),
    agreementHasServed: boolean('agreement_has_served').notNull().default(false),
    /** Of the judge's prompts, from the first judged replay on. */
    promptDigest: text('prompt_digest'),
    /** The run that this one resumes or retries. */
    continuesRunId: uuid('continues_run_id'),
    continuation: text('continuation', { enum: continuations }),
    /** The attempt's, from before the first call to the oracle on. A run that resumes another has the same. */
    registrationId: uuid('registration_id').references(() => logRegistrations.id),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    // Named by hand: the names that Drizzle would make are longer than the 63 bytes Postgres keeps.
    foreignKey({
      name: 'verification_runs_certificate_id_fk',
      columns: [table.certificateId],
      foreignColumns: [verificationCertificates.id],
    }),
    foreignKey({
      name: 'verification_runs_snapshot_digest_fk',
      columns: [table.snapshotDigest],
      foreignColumns: [groundTruthSnapshots.digest],
    }).onDelete('set null'),
    foreignKey({
      name: 'verification_runs_continues_run_id_fk',
      columns: [table.continuesRunId],
      foreignColumns: [table.id],
    }),
    // A run is resumed once.
    uniqueIndex('verification_runs_resumed_once_key')
      .on(table.continuesRunId)
      .where(sql`continuation = 'resume'`),
    index('verification_runs_status_idx').on(table.status),
    // The line of runs that wait to begin: strangers' after all others.
    index('verification_runs_pending_turn_idx')
      .on(sql`(stranger is not null)`, table.turn, table.createdAt, table.id)
      .where(sql`status = 'PENDING'`),
    // An owner's list with each of its filters, ties and id included: a page is read from the index alone.
    index('verification_runs_newest_idx').on(table.userId, table.createdAt, table.id),
    index('verification_runs_status_newest_idx').on(table.userId, table.status, table.createdAt, table.id),
    index('verification_runs_construct_newest_idx').on(
      table.userId,
      table.constructId,
      table.createdAt,
      table.id,
    ),
    index('verification_runs_construct_status_newest_idx').on(
      table.userId,
      table.constructId,
      table.status,
      table.createdAt,
      table.id,
    ),
    index('verification_runs_construct_id_idx').on(table.constructId),
    index('verification_runs_certificate_id_idx').on(table.certificateId),
    index('verification_runs_snapshot_digest_idx').on(table.snapshotDigest),
    index('verification_runs_continues_run_id_idx').on(table.continuesRunId),
    index('verification_runs_registration_id_idx').on(table.registrationId),
    fitsNotEmpty(table.constructId, runRequestSchema.shape.constructId),
    fitsNotEmpty(table.repoUrl, runRequestSchema.shape.repoUrl),
    isListed(table.status, runStatuses),
    isAtLeast(table.progress, 0),
    holds('verification_runs_total', sql`${table.progress} <= ${table.total}`),
    fits(table.error, { maxLength: maxRunErrorLength }),
    fits(table.activity, { maxLength: maxActivityLength }),
    isAtLeast(table.turn, 0),
    isAtLeast(table.faults, 0),
    isAtLeast(table.judgeVainInRow, 0),
    isAtLeast(table.agreementVainInRow, 0),
    isDigest(table.promptDigest),
    isListed(table.continuation, continuations),
    holds(
      'verification_runs_completed',
      sql`(${table.status} = 'COMPLETED') = (${table.certificateId} is not null)`,
    ),
    holds('verification_runs_failed', sql`${table.status} <> 'FAILED' or ${table.error} is not null`),
    holds(
      'verification_runs_continues',
      sql`(${table.continuation} is null) = (${table.continuesRunId} is null)`,
    ),
  ],
);

/**
 * One sealed box per run (AES-256-GCM, the run's id as associated data), deleted in the transaction that ends the run.
 */
export const runSecrets = pgTable('run_secrets', {
  runId: uuid('run_id')
    .primaryKey()
    .references(() => verificationRuns.id, { onDelete: 'cascade' }),
  sealed: text('sealed').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
});
