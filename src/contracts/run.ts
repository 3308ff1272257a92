import { z } from 'zod';
import { pageSchema, seedSourceSchema, weightsSchema } from './certificate.ts';
import { groundTruthDrawSchema } from './ground-truth.ts';
import { instantSchema } from './instant.ts';
import { judgeProviders } from './judge-providers.ts';
import { oracleAnswerSchema } from './oracle.ts';
import { storedOracleSchema } from './oracle-types.ts';
import { redacted } from './redacted.ts';
import { judgeUsageSchema } from './replay.ts';
import { standings } from './standing.ts';

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
    id: z.string(),
    title: z.string(),
    url: z.string().nullable(),
    filesChanged: z.number().int(),
  }),
  question: z.string(),
  answer: oracleAnswerSchema.nullable(),
  latencyMs: z.number(),
  retries: z.number().int(),
  /** `error`: a run would score this answer 0. `warning`: it loses score, or is probably a mistake. */
  remarks: z.array(z.object({ level: z.enum(['error', 'warning']), text: z.string() })),
});
export type OracleTrial = z.infer<typeof oracleTrialSchema>;

/** Where a run's ground truth comes from. `sample` is the project's own history. */
export const runSourceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('github'), owner: z.string(), name: z.string() }),
  z.object({ kind: z.literal('git'), url: z.string() }),
  z.object({ kind: z.literal('sample') }),
]);
export type RunSource = z.infer<typeof runSourceSchema>;

/** `config_json`: what the run was asked to do. Every secret is "[REDACTED]". */
export const runConfigSchema = z.object({
  /** Who asked for the run. Workers hold it to their rights. */
  standing: z.enum(standings),
  source: runSourceSchema,
  since: z.string().nullable(),
  label: z.string().nullable(),
  seed: z.string(),
  seedSource: seedSourceSchema,
  blinded: z.boolean(),
  oracle: storedOracleSchema,
  /** The oracle's address had a query, which may hold a secret. */
  oracleQuery: z.literal(redacted).nullable(),
  githubToken: z.literal(redacted).nullable(),
  judge: z.object({ provider: z.enum(judgeProviders), model: z.string() }),
  /** This share of the replays is judged again, by this model. */
  agreement: z.object({ share: z.number().min(0).max(1), model: z.string() }).nullable(),
  /** What the judge may cost, in US dollars. Null: only the installation's limit applies. */
  maxCostUsd: z.number().positive().nullable(),
  /** Judged through the Message Batches API: half the price of each token, hours instead of minutes. */
  economy: z.boolean(),
  limit: z.number().int(),
  minReplays: z.number().int(),
  weights: weightsSchema,
});
export type RunConfig = z.infer<typeof runConfigSchema>;

/** What ingestion found, stored beside the configuration. */
export const runDrawSchema = groundTruthDrawSchema.omit({ drawn: true, reserve: true });
export type RunDraw = z.infer<typeof runDrawSchema>;

/** The secrets that a run needs while it works. Stored encrypted, bound to the run, and erased when it ends. */
export const runSecretsSchema = z.object({
  githubToken: z.string().nullable(),
  oracleUrl: z.string().nullable(),
  oracleHeaders: z.record(z.string(), z.string()),
});
export type RunSecrets = z.infer<typeof runSecretsSchema>;

export const runSchema = z.object({
  runId: z.string(),
  status: z.enum(runStatuses),
  progress: z.number().int(),
  total: z.number().int(),
  constructId: z.string(),
  repoUrl: z.string(),
  error: z.string().nullable(),
  /** What the run is doing or waiting for right now, if it says so. */
  activity: z.string().nullable(),
  /** What the run waits for, in words for its owner. Null: it waits for nothing. */
  waitingFor: z.string().nullable(),
  /** Its place among the runs that wait to begin, from 1. Null once it has begun. */
  position: z.number().int().nullable(),
  certificateId: z.string().nullable(),
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
  maxCostUsd: z.number().nullable(),
  /** The answered judge calls and their tokens so far. A call that was cut off is not in it: its tokens are unknown. */
  usage: judgeUsageSchema.omit({ costUsd: true }),
  /** Estimated from the replays that have ended. Null while too few have, in economy mode, and after the run's end. */
  secondsLeft: z.number().int().nullable(),
  /** The run that this one resumes (the same attempt) or retries (a new one). */
  continuesRunId: z.string().nullable(),
  continuation: z.enum(continuations).nullable(),
  /** What the owner can do with it now. */
  can: z.object({ cancel: z.boolean(), resume: z.boolean(), retry: z.boolean() }),
  /**
   * The first of the replays in which the oracle failed, in its own words, which only the owner may read. Null in lists,
   * and until the run is completed: before that, nobody sees how a replay ended.
   */
  oracleFailures: z.array(z.object({ groundTruthId: z.string(), reason: z.string() })).nullable(),
  /** The names of the headers that resuming or retrying needs again. */
  oracleHeaderNames: z.array(z.string()),
  /** The oracle's address had a query, so resuming or retrying needs the address again. */
  needsOracleUrl: z.boolean(),
});
export type Run = z.infer<typeof runSchema>;

/** `status` is PENDING unless the run starts from what another one stored. */
export const runCreatedSchema = z.object({
  runId: z.string(),
  status: z.enum(['PENDING', 'INGESTING', 'CERTIFYING']),
  createdAt: instantSchema,
  judge: z.enum(judgeProviders),
});

export const runListInputSchema = z.object({
  status: z.enum(runStatuses).optional(),
  constructId: z.string().min(1).max(255).optional(),
  ...pageSchema,
});
export type RunListInput = z.infer<typeof runListInputSchema>;

export const runListSchema = z.object({
  runs: z.array(runSchema),
  total: z.number().int(),
  limit: z.number().int(),
  offset: z.number().int(),
});
