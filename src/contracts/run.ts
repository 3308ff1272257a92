import { z } from 'zod';
import { pagedSchema, pageSchema, seedSourceSchema, weightsSchema } from './certificate.ts';
import { groundTruthDrawSchema } from './ground-truth.ts';
import { instantSchema } from './instant.ts';
import { judgeIdentitySchema, judgeProviders } from './judge-providers.ts';
import { oracleAnswerSchema } from './oracle.ts';
import { storedOracleSchema } from './oracle-types.ts';
import { redacted } from './redacted.ts';
import { judgeUsageSchema } from './replay.ts';
import { standings } from './standing.ts';
import { soughtNameSchema, storableTextSchema } from './text.ts';

/** The lifecycle, in its only direction. FAILED can follow any status that is not terminal (wire contract). */
export const runStatuses = [
  'PENDING',
  'INGESTING',
  'INVOKING',
  'SCORING',
  'CERTIFYING',
  'COMPLETED',
  'FAILED',
] as const;
export type RunStatus = (typeof runStatuses)[number];
export const isTerminal = (status: RunStatus) => status === 'COMPLETED' || status === 'FAILED';

/** How a run follows another: `resume` continues the same attempt, `retry` starts a new one. */
export const continuations = ['resume', 'retry'] as const;
export type Continuation = (typeof continuations)[number];

/** `run.activity` is at most this long, in UTF-16 code units. */
export const maxActivityLength = 300;

/** The error of a run that its owner cancelled (wire contract). */
export const cancelledByOwner = 'Cancelled by its owner';

/** One call to an oracle before a run, with remarks on its answer. None of it is stored. */
export const oracleTrialSchema = z.object({
  change: z.object({
    id: storableTextSchema,
    title: storableTextSchema,
    url: storableTextSchema.nullable(),
    filesChanged: z.number().int(),
  }),
  question: storableTextSchema,
  answer: oracleAnswerSchema.nullable(),
  latencyMs: z.number(),
  retries: z.number().int(),
  /** `error`: a run would score this answer 0. `warning`: it loses score, or is probably a mistake. */
  remarks: z.array(z.object({ level: z.enum(['error', 'warning']), text: storableTextSchema })),
});
export type OracleTrial = z.infer<typeof oracleTrialSchema>;

/** Where a run's ground truth comes from. `sample` is the project's own history. */
export const runSourceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('github'), owner: storableTextSchema, name: storableTextSchema }),
  z.object({ kind: z.literal('git'), url: storableTextSchema }),
  z.object({ kind: z.literal('sample') }),
]);
export type RunSource = z.infer<typeof runSourceSchema>;

/** `config_json`: what the run was asked to do. Every secret is "[REDACTED]". */
export const runConfigSchema = z.object({
  /** Who asked for the run. Workers hold it to their rights. */
  standing: z.enum(standings),
  source: runSourceSchema,
  since: storableTextSchema.nullable(),
  label: storableTextSchema.nullable(),
  /** The day up to which the oracle's model may have read the repository, as its owner names it. */
  modelCutoff: z.iso.date().nullable(),
  seed: storableTextSchema,
  seedSource: seedSourceSchema,
  blinded: z.boolean(),
  oracle: storedOracleSchema,
  /** The oracle's address had a query, which may hold a secret. */
  oracleQuery: z.literal(redacted).nullable(),
  githubToken: z.literal(redacted).nullable(),
  judge: judgeIdentitySchema,
  /** This share of the replays is judged again, by this judge. */
  agreement: judgeIdentitySchema.extend({ share: z.number().min(0).max(1) }).nullable(),
  /** The judge of another provider that writes every second change's variants. Null: the run's own writes them all. */
  variantsAuthor: judgeIdentitySchema.nullable(),
  /** What the judge may cost, in US dollars. Null: only the installation's limit applies. */
  maxCostUsd: z.number().positive().nullable(),
  /** Judged through the Message Batches API: half the price of each token, hours instead of minutes. */
  economy: z.boolean(),
  limit: z.number().int(),
  minReplays: z.number().int(),
  /** How many of the changes drawn the baseline is judged on. */
  baselineReplays: z.number().int(),
  weights: weightsSchema,
});
export type RunConfig = z.infer<typeof runConfigSchema>;

/** What ingestion found, stored beside the configuration. */
export const runDrawSchema = groundTruthDrawSchema.omit({ drawn: true, reserve: true });
export type RunDraw = z.infer<typeof runDrawSchema>;

/** The secrets that a run needs while it works. Stored encrypted, bound to the run, and erased when it ends. */
export const runSecretsSchema = z.object({
  githubToken: storableTextSchema.nullable(),
  oracleUrl: storableTextSchema.nullable(),
  oracleHeaders: z.record(storableTextSchema, storableTextSchema),
});
export type RunSecrets = z.infer<typeof runSecretsSchema>;

export const runSchema = z.object({
  runId: storableTextSchema,
  status: z.enum(runStatuses),
  progress: z.number().int(),
  total: z.number().int(),
  constructId: storableTextSchema,
  repoUrl: storableTextSchema,
  error: storableTextSchema.nullable(),
  /** What the run is doing or waiting for right now, if it says so. */
  activity: storableTextSchema.nullable(),
  /** What the run waits for, in words for its owner. Null: it waits for nothing. */
  waitingFor: storableTextSchema.nullable(),
  /** Its place among the runs that wait to begin, from 1. Null once it has begun. */
  position: z.number().int().nullable(),
  certificateId: storableTextSchema.nullable(),
  createdAt: instantSchema,
  updatedAt: instantSchema,
  judge: z.enum(judgeProviders),
  /** Judged through the Message Batches API: half the price of each token, hours instead of minutes. */
  economy: z.boolean(),
  /**
   * The judge's calls that wait for a batch, and when the oldest of those in `sent` was sent. Null if no call waits. A
   * sent call is charged when its batch ends, even if the run has ended before.
   */
  batch: z
    .object({ queued: z.number().int(), sent: z.number().int(), sentAt: instantSchema.nullable() })
    .nullable(),
  sample: z.boolean(),
  /** What the judge has cost so far, in US dollars, by the installation's prices. `maxCostUsd` is its limit. */
  costUsd: z.number(),
  /** What the judge can have cost at most. Above `costUsd` if calls were cut off: those count there at their likely cost. */
  mostCostUsd: z.number(),
  /**
   * False: the price of a call's model or its tokens are unknown. Such a call counts above what it may have cost, so
   * these amounts are only for limits.
   */
  costKnown: z.boolean(),
  maxCostUsd: z.number().nullable(),
  /** The answered judge calls and their tokens so far. A call that was cut off is not in it: its tokens are unknown. */
  usage: judgeUsageSchema.omit({ costUsd: true }),
  /** Estimated from the replays that have ended. Null while too few have, in economy mode, and after the run's end. */
  secondsLeft: z.number().int().nullable(),
  /** The run that this one resumes (the same attempt) or retries (a new one). */
  continuesRunId: storableTextSchema.nullable(),
  continuation: z.enum(continuations).nullable(),
  /** What the owner can do with it now. */
  can: z.object({ cancel: z.boolean(), resume: z.boolean(), retry: z.boolean() }),
  /**
   * The first of the replays in which the oracle failed, in its own words, which only the owner may read. Null in lists,
   * and until the run is completed: before that, nobody sees how a replay ended.
   */
  oracleFailures: z
    .array(z.object({ groundTruthId: storableTextSchema, reason: storableTextSchema }))
    .nullable(),
  /** The names of the headers that resuming or retrying needs again. */
  oracleHeaderNames: z.array(storableTextSchema),
  /** The oracle's address had a query, so resuming or retrying needs the address again. */
  needsOracleUrl: z.boolean(),
});
export type Run = z.infer<typeof runSchema>;

/** `status` is PENDING unless the run starts from what another one stored. */
export const runCreatedSchema = z.object({
  runId: storableTextSchema,
  status: z.enum(['PENDING', 'INGESTING', 'CERTIFYING']),
  createdAt: instantSchema,
  judge: z.enum(judgeProviders),
});

export const runListInputSchema = z.strictObject({
  status: z.enum(runStatuses).optional(),
  constructId: soughtNameSchema.optional(),
  ...pageSchema,
});
export type RunListInput = z.infer<typeof runListInputSchema>;

export const runListSchema = z.object({
  runs: z.array(runSchema),
  ...pagedSchema,
});
