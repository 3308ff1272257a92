import { type SQL, sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { certificateSchema, type RawScores, type Weights } from '#contracts/certificate.ts';
import { unitSchema } from '#contracts/interval.ts';
import { judgeProviders } from '#contracts/judge-providers.ts';
import { canaryWays } from '#contracts/replay.ts';
import { runRequestSchema } from '#contracts/run-request.ts';
import { fitsNotEmpty, holds, isAtLeast, isWithin } from './checks.ts';
import { instant } from './columns.ts';

/**
 * A member of `raw_scores_json`, which is large. Postgres copies it into a column of its own when the row is written, so
 * that a list reads the row alone.
 */
const copied = (path: string, type: 'boolean' | 'float8' | 'int' | 'text'): SQL =>
  sql.raw(`(raw_scores_json #>> '{${path}}')::${type}`);

/** Of the canaries that a judge's rates are computed from. */
const canariesShown = ['true', ...canaryWays.map((way) => `false,${way}`), 'injected'].map((kind) =>
  copied(`trust,canaries,${kind},shown`, 'int'),
);

/** Public, written once when a run is certified, never changed. */
export const verificationCertificates = pgTable(
  'verification_certificates',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    // Unique: one certificate per run. No foreign key: a certificate outlives its run.
    runId: uuid('run_id').notNull().unique(),
    constructId: text('construct_id').notNull(),
    domain: text('domain').notNull(),
    replayCount: integer('replay_count').notNull(),
    precision: doublePrecision('precision').notNull(),
    recall: doublePrecision('recall').notNull(),
    replyAccuracy: doublePrecision('reply_accuracy').notNull(),
    compositeScore: doublePrecision('composite_score').notNull(),
    brier: doublePrecision('brier').notNull(),
    sampleSize: integer('sample_size').notNull(),
    groundTruthSource: text('ground_truth_source').notNull(),
    /** Null where the source has none, and for a private repository. */
    commitRange: text('commit_range'),
    methodologyVersion: text('methodology_version').notNull(),
    scoringModel: text('scoring_model').notNull(),
    rawScores: jsonb('raw_scores_json').$type<RawScores>().notNull(),
    judge: text('judge', { enum: judgeProviders })
      .generatedAlwaysAs(copied('judge,provider', 'text'))
      .notNull(),
    judgeModel: text('judge_model').generatedAlwaysAs(copied('judge,model', 'text')).notNull(),
    /** The empty text stands for the provider's own endpoint, so that an index can find it. */
    judgeEndpoint: text('judge_endpoint')
      .generatedAlwaysAs(sql.raw(`coalesce(raw_scores_json #>> '{judge,endpoint}', '')`))
      .notNull(),
    promptDigest: text('prompt_digest').generatedAlwaysAs(copied('judge,promptDigest', 'text')).notNull(),
    private: boolean('private').generatedAlwaysAs(copied('private', 'boolean')).notNull(),
    canariesShown: integer('canaries_shown').generatedAlwaysAs(sql.join(canariesShown, sql` + `)).notNull(),
    sample: boolean('sample').generatedAlwaysAs(copied('sample', 'boolean')).notNull(),
    provisional: boolean('provisional').generatedAlwaysAs(copied('provisional', 'boolean')).notNull(),
    compositeLower: doublePrecision('composite_lower')
      .generatedAlwaysAs(copied('intervals,compositeScore,lower', 'float8'))
      .notNull(),
    compositeUpper: doublePrecision('composite_upper')
      .generatedAlwaysAs(copied('intervals,compositeScore,upper', 'float8'))
      .notNull(),
    /** As configured. With them the composites of its replays are computed again. */
    weights: jsonb('weights')
      .$type<Weights>()
      .generatedAlwaysAs(sql.raw(`raw_scores_json -> 'weights'`))
      .notNull(),
    compositeDesignEffect: doublePrecision('composite_design_effect')
      .generatedAlwaysAs(copied('designEffects,compositeScore', 'float8'))
      .notNull(),
    judgeReliable: boolean('judge_reliable').generatedAlwaysAs(copied('trust,reliable', 'boolean')).notNull(),
    canariesLeaked: boolean('canaries_leaked')
      .generatedAlwaysAs(sql`${copied('trust,pool,canaries,injected,supported', 'int')} > 0`)
      .notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    // Each of a list's orders with and without its filter, ties and id included: a page is read from the index alone.
    index('verification_certificates_newest_idx').on(table.createdAt, table.id),
    index('verification_certificates_construct_newest_idx').on(table.constructId, table.createdAt, table.id),
    // NULLS FIRST, as in ORDER BY … DESC: otherwise Postgres sorts, although no column is null.
    index('verification_certificates_lowest_brier_idx').on(
      table.brier,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    index('verification_certificates_construct_lowest_brier_idx').on(
      table.constructId,
      table.brier,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // For how scores spread in a repository. GitHub's names ignore case.
    index('verification_certificates_repository_idx').on(
      sql`lower(ground_truth_source)`,
      table.judge,
      table.createdAt,
      table.id,
    ),
    // The order in which a pool of canaries is read, one judge's prompts at a time.
    index('verification_certificates_canaries_idx')
      .on(
        table.judge,
        table.judgeModel,
        table.judgeEndpoint,
        table.promptDigest,
        table.canariesShown.desc().nullsFirst(),
        table.createdAt,
        table.id,
      )
      .where(sql`not private`),
    // For searches by a part of either name. The extension pg_trgm is made by the migration (db/generate.ts).
    index('verification_certificates_names_idx').using(
      'gin',
      table.constructId.op('gin_trgm_ops'),
      table.groundTruthSource.op('gin_trgm_ops'),
    ),
    fitsNotEmpty(table.constructId, runRequestSchema.shape.constructId),
    isAtLeast(table.replayCount, 1),
    isWithin(table.precision, unitSchema),
    isWithin(table.recall, unitSchema),
    isWithin(table.replyAccuracy, unitSchema),
    isWithin(table.compositeScore, unitSchema),
    isWithin(table.brier, certificateSchema.shape.brier),
    isAtLeast(table.sampleSize, 1),
  ],
);

/** In `certificate_counts` it stands for all constructs, or all sources of one: no name is empty. */
export const allNames = '';

/**
 * How many certificates there are of each construct and source, of each construct, and of all, kept by a trigger, so that
 * the total of a list costs one row, and that of a search one for each pair of names.
 */
export const certificateCounts = pgTable(
  'certificate_counts',
  {
    constructId: text('construct_id').notNull(),
    groundTruthSource: text('ground_truth_source').notNull(),
    certificates: bigint('certificates', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.constructId, table.groundTruthSource] }),
    // For the total of a search.
    index('certificate_counts_names_idx').using(
      'gin',
      table.constructId.op('gin_trgm_ops'),
      table.groundTruthSource.op('gin_trgm_ops'),
    ),
  ],
);

export const verificationReplayScores = pgTable(
  'verification_replay_scores',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    certificateId: uuid('certificate_id').notNull(),
    groundTruthId: text('ground_truth_id').notNull(),
    precision: doublePrecision('precision').notNull(),
    recall: doublePrecision('recall').notNull(),
    replyAccuracy: doublePrecision('reply_accuracy').notNull(),
    claimsTotal: integer('claims_total').notNull(),
    claimsSupported: integer('claims_supported').notNull(),
    changesTotal: integer('changes_total').notNull(),
    changesSurfaced: integer('changes_surfaced').notNull(),
    scoringModel: text('scoring_model').notNull(),
    scoringLatencyMs: integer('scoring_latency_ms').notNull(),
    scoredAt: instant('scored_at').notNull(),
  },
  (table) => [
    // Named by hand: the name that Drizzle would make is longer than the 63 bytes Postgres keeps.
    foreignKey({
      name: 'verification_replay_scores_certificate_id_fk',
      columns: [table.certificateId],
      foreignColumns: [verificationCertificates.id],
    }).onDelete('cascade'),
    unique('verification_replay_scores_certificate_id_ground_truth_id_key').on(
      table.certificateId,
      table.groundTruthId,
    ),
    isWithin(table.precision, unitSchema),
    isWithin(table.recall, unitSchema),
    isWithin(table.replyAccuracy, unitSchema),
    isAtLeast(table.claimsTotal, 1),
    isAtLeast(table.claimsSupported, 0),
    holds('verification_replay_scores_claims', sql`${table.claimsSupported} <= ${table.claimsTotal}`),
    isAtLeast(table.changesTotal, 1),
    isAtLeast(table.changesSurfaced, 0),
    holds('verification_replay_scores_changes', sql`${table.changesSurfaced} <= ${table.changesTotal}`),
    isAtLeast(table.scoringLatencyMs, 0),
  ],
);
