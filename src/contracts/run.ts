import { z } from 'zod';
import { pageSchema, seedSourceSchema, weightsSchema } from './certificate.ts';
import { groundTruthDrawSchema } from './ground-truth.ts';
import { judgeProviders } from './judge.ts';
import { type OracleType, oracleAnswerSchema, oracleTypes } from './oracle.ts';

/** The lifecycle, in its only direction; FAILED can follow any status that is not terminal (wire contract). */
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

/** How a run follows another: `resume` takes up the same attempt, `retry` makes a new one. */
export const continuations = ['resume', 'retry'] as const;
export type Continuation = (typeof continuations)[number];

/** The error of a run that its owner cancelled (wire contract). */
export const cancelledByOwner = 'Cancelled by its owner';

/** What stands in a stored configuration where a secret was given. */
export const redacted = '[REDACTED]';

const ownerAndName = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[A-Za-z0-9._-]{1,100}$/;

const urlOf = (text: string) => (URL.canParse(text) ? new URL(text) : null);

/** An https URL without user info, query or fragment, or GitHub's `owner/name`. */
export const repoUrlSchema = z
  .string()
  .trim()
  .min(1, 'Name a repository: an https URL or GitHub’s owner/name.')
  .max(500)
  .superRefine((text, context) => {
    if (ownerAndName.test(text) && !/\/\.{1,2}$/.test(text)) return;
    const url = urlOf(text);
    const problem =
      url?.protocol !== 'https:'
        ? 'Must be an https URL (https://github.com/owner/name) or GitHub’s owner/name. Paths and files work from the command line only.'
        : url.username || url.password
          ? 'Must not contain a user name or password. Give a token in its own field.'
          : url.search || url.hash
            ? 'Must not have a query or a fragment.'
            : null;
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });

/** http(s) without user info; whether the address may be called is the network rule's matter, not the form's. */
export const oracleUrlSchema = z
  .string()
  .trim()
  .max(2000)
  .superRefine((text, context) => {
    const url = urlOf(text);
    const problem =
      url === null || !/^https?:$/.test(url.protocol)
        ? 'Must be an http or https URL, for example https://oracle.example.com/verify.'
        : url.username || url.password
          ? 'Must not contain a user name or password. Send credentials as a header.'
          : null;
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible ASCII, space and tab: what every HTTP client sends unchanged. */
const headerValue = /^[\t\x20-\x7e]*$/;

export const oracleHeadersSchema = z
  .record(
    z.string().regex(headerName, 'Not a valid header name.').max(200),
    z.string().max(4000).regex(headerValue, 'A header value must be visible ASCII on one line.'),
  )
  .refine((headers) => Object.keys(headers).length <= 50, 'At most 50 headers.');

const identifier = String.raw`[\p{L}_][\p{L}\p{N}_]*`;
/** Names alone: no path, no option, nothing that an interpreter would take for more. */
const pythonName = (pattern: string, message: string) =>
  z
    .string()
    .trim()
    .min(1)
    .max(500)
    .regex(new RegExp(`^${pattern}$`, 'u'), message);

const requestShape = {
  repoUrl: repoUrlSchema,
  constructId: z
    .string()
    .trim()
    .min(1, 'Name the construct that is verified.')
    .max(255)
    // Control characters and bidirectional overrides can make one name look like another.
    .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, 'Must not contain control characters.'),
  oracleType: z.enum(oracleTypes).default('http'),
  oracleUrl: oracleUrlSchema.optional(),
  oracleHeaders: oracleHeadersSchema.default({}),
  oracleModule: pythonName(
    `${identifier}(?:\\.${identifier})*`,
    'Must be named as in an import, without path or .py, for example my_oracle or package.module.',
  ).optional(),
  oracleCallable: pythonName(
    identifier,
    'Must be the name of a function in the module, for example answer.',
  ).optional(),
  limit: z.number().int().min(1).max(1000).default(100),
  minReplays: z.number().int().min(1).max(500).default(50),
  githubToken: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .regex(/^[\x21-\x7e]+$/, 'Must be visible ASCII without spaces.')
    .nullish()
    .transform((token) => token ?? null),
  /** The tool of an MCP server that is asked. */
  oracleTool: z.string().trim().min(1).max(200).optional(),
  /** The model of a chat-completions endpoint that is asked. */
  oracleModel: z.string().trim().min(1).max(200).optional(),
  judge: z.enum(judgeProviders).optional(),
  since: z.iso.date().optional(),
  label: z.string().trim().min(1).max(100).optional(),
  seed: z.string().trim().min(1).max(100).optional(),
  /** Withhold from the oracle what names the repository and the pull request. */
  blinded: z.boolean().optional(),
  /** The share of replays that a second judge is asked about. */
  agreementSample: z.number().min(0).max(1).optional(),
  /** The second judge's model; the same one asked a second time where none is named. */
  agreementModel: z.string().trim().min(1).max(200).optional(),
  maxCostUsd: z
    .number()
    .positive('Must be above 0. Leave it out for no limit of the run’s own.')
    .max(100_000)
    .optional(),
  economy: z.boolean().optional(),
};

const oracleFields = {
  http: ['oracleUrl'],
  python: ['oracleModule', 'oracleCallable'],
  mcp: ['oracleUrl', 'oracleTool'],
  chat: ['oracleUrl', 'oracleModel'],
} as const satisfies Record<OracleType, string[]>;

type OracleField = (typeof oracleFields)[OracleType][number];

const requireOracleFields = (
  request: { oracleType: OracleType } & Partial<Record<OracleField, string | undefined>>,
  context: z.RefinementCtx,
) => {
  for (const field of oracleFields[request.oracleType]) {
    if (request[field] !== undefined) continue;
    context.addIssue({
      code: 'custom',
      path: [field],
      message: `Required where the oracle's type is ${request.oracleType}.`,
    });
  }
};

/** What starts a run, by every door. Without a judge the installation's default is taken. */
export const runRequestSchema = z.strictObject(requestShape).superRefine(requireOracleFields);
export type RunRequest = z.infer<typeof runRequestSchema>;

/** What trying an oracle takes: whom to ask about what, and nothing of judging. */
export const tryRequestSchema = z
  .object(requestShape)
  .omit({
    constructId: true,
    limit: true,
    minReplays: true,
    judge: true,
    seed: true,
    agreementSample: true,
    agreementModel: true,
    maxCostUsd: true,
    economy: true,
  })
  .superRefine(requireOracleFields);
export type TryRequest = z.infer<typeof tryRequestSchema>;

/** One call to an oracle before a run, and what stands against its answer. Nothing of it is kept. */
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
  /** `error`: a run would score this answer 0; `warning`: it costs something, or is likely a slip. */
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

const redactedHeadersSchema = z.record(z.string(), z.literal(redacted));

/** `config_json`: what the run was asked to do, every secret as "[REDACTED]". */
export const runConfigSchema = z.object({
  source: runSourceSchema,
  since: z.string().nullable(),
  label: z.string().nullable(),
  seed: z.string(),
  seedSource: seedSourceSchema,
  blinded: z.boolean().default(false),
  oracle: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('http'),
      /** Without query; null for the demonstration oracle, whose address is the installation's own. */
      url: z.string().nullable(),
      headers: redactedHeadersSchema,
    }),
    z.object({ type: z.literal('mcp'), url: z.string(), headers: redactedHeadersSchema, tool: z.string() }),
    z.object({ type: z.literal('chat'), url: z.string(), headers: redactedHeadersSchema, model: z.string() }),
    z.object({ type: z.literal('python'), module: z.string(), callable: z.string() }),
  ]),
  /** The oracle's address had a query, which may hold a secret. */
  oracleQuery: z.literal(redacted).nullable().default(null),
  githubToken: z.literal(redacted).nullable(),
  judge: z.object({ provider: z.enum(judgeProviders), model: z.string() }),
  /** That share of the replays is judged once more, by this model. */
  agreement: z
    .object({ share: z.number().min(0).max(1), model: z.string() })
    .nullable()
    .default(null),
  /** What the judge may cost, in US dollars; null where only the installation's own limit holds. */
  maxCostUsd: z.number().positive().nullable().default(null),
  /** Through the Message Batches API: half the price, hours instead of minutes. */
  economy: z.boolean().default(false),
  limit: z.number().int(),
  minReplays: z.number().int(),
  weights: weightsSchema,
});
export type RunConfig = z.infer<typeof runConfigSchema>;

/** What ingestion found, kept beside the configuration. */
export const runDrawSchema = groundTruthDrawSchema.omit({ drawn: true, reserve: true });
export type RunDraw = z.infer<typeof runDrawSchema>;

/** What a run needs in clear while it works; stored encrypted, bound to the run, erased when it ends. */
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
  /** What the run is doing or waiting for just now, where it says so. */
  activity: z.string().nullable(),
  certificateId: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
  judge: z.enum(judgeProviders),
  /** Judged through the Message Batches API: half the price, hours instead of minutes. */
  economy: z.boolean(),
  /**
   * The judge's calls that wait for a batch, and when the oldest of those that were `sent` was; null where none waits.
   * What was sent is charged when its batch has ended, also where the run has ended before.
   */
  batch: z
    .object({ queued: z.number().int(), sent: z.number().int(), sentAt: z.string().nullable() })
    .nullable(),
  sample: z.boolean(),
  /**
   * What the judge cost so far, in US dollars, by the prices that the installation knows; with `maxCostUsd` its limit.
   */
  costUsd: z.number(),
  maxCostUsd: z.number().nullable(),
  /**
   * Estimated from the replays that have ended; null where too few have, in economy mode, and once the run has ended.
   */
  secondsLeft: z.number().int().nullable(),
  /** The run that this one goes on with (the same attempt), or does again (a new one). */
  continuesRunId: z.string().nullable(),
  continuation: z.enum(continuations).nullable(),
  /** What the owner can do with it now. */
  can: z.object({ cancel: z.boolean(), resume: z.boolean(), retry: z.boolean() }),
  /** The names of headers that resuming or retrying it has to be given again. */
  oracleHeaderNames: z.array(z.string()),
  /** The oracle's address had a query, so that it has to be given again too. */
  needsOracleUrl: z.boolean(),
});
export type Run = z.infer<typeof runSchema>;

/** What going on with a run takes: what was erased with its secrets, and what may be another now. */
export const continueRequestSchema = z.strictObject({
  id: z.string().max(200),
  oracleUrl: oracleUrlSchema.optional(),
  oracleHeaders: oracleHeadersSchema.default({}),
  githubToken: requestShape.githubToken,
  maxCostUsd: requestShape.maxCostUsd,
});
export type ContinueRequest = z.infer<typeof continueRequestSchema>;

/** `status` is PENDING but for a run that goes on with what another one had stored. */
export const runCreatedSchema = z.object({
  runId: z.string(),
  status: z.enum(['PENDING', 'INGESTING', 'CERTIFYING']),
  createdAt: z.string(),
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
