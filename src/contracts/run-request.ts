import { z } from 'zod';
import { judgeProviders } from './judge-providers.ts';
import {
  oracleFieldsShape,
  oracleHeadersSchema,
  oracleTypeNames,
  oracleUrlSchema,
  requestFieldsOf,
} from './oracle-types.ts';
import { lineSchema, storableTextSchema } from './text.ts';

const ownerAndName = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[A-Za-z0-9._-]{1,100}$/;

const urlOf = (text: string) => (URL.canParse(text) ? new URL(text) : null);

/** An https URL without user info, query or fragment, or GitHub's `owner/name`. */
export const repoUrlSchema = lineSchema
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

/** Which changes an oracle is asked about, and how much of them it sees. */
export const changesShape = {
  repoUrl: repoUrlSchema,
  githubToken: lineSchema
    .min(1)
    .max(500)
    .regex(/^[\x21-\x7e]+$/, 'Must be visible ASCII without spaces.')
    .nullish()
    .transform((token) => token ?? null),
  since: z.iso.date().optional(),
  label: lineSchema.min(1).max(100).optional(),
  /** Do not show the oracle what identifies the repository and the pull request. */
  blinded: z.boolean().optional(),
};

/** How an oracle is reached: its type, and the fields of all types. Which are required depends on the type. */
const oracleShape = {
  oracleType: z.enum(oracleTypeNames).default('http'),
  oracleUrl: oracleUrlSchema.optional(),
  oracleHeaders: oracleHeadersSchema.default({}),
  ...oracleFieldsShape,
};

/** The baseline is judged on this many changes unless a request says otherwise. */
export const defaultBaselineReplays = 40;

/** The most changes that a run draws, and the most that it draws in reserve for those without an answer key. */
export const mostReplays = 1_000;
export const mostReserve = 100;

/** How many changes are drawn, and how the oracle's answers are judged. */
export const judgingShape = {
  limit: z.number().int().min(1).max(mostReplays).default(100),
  minReplays: z.number().int().min(1).max(500).default(50),
  /** On how many of the changes the baseline is judged. By default on `defaultBaselineReplays`. */
  baselineReplays: z.number().int().min(0).max(mostReplays).optional(),
  /** The day up to which the oracle's model may have read the repository: scores before and after it are shown apart. */
  modelCutoff: z.iso.date().optional(),
  judge: z.enum(judgeProviders).optional(),
  /** The judge's model, in place of the one that is configured. */
  model: lineSchema.min(1).max(200).optional(),
  seed: lineSchema.min(1).max(100).optional(),
  /** The share of replays that are judged again to measure agreement. */
  agreementSample: z.number().min(0).max(1).optional(),
  /** The judge for agreement: by default a model of another provider where one is configured, else the run's own. */
  agreementJudge: z.enum(judgeProviders).optional(),
  /** Its model, in place of the one that is configured. */
  agreementModel: lineSchema.min(1).max(200).optional(),
  maxCostUsd: z
    .number()
    .positive('Must be above 0. Leave it out to set no limit for this run.')
    .max(100_000)
    .optional(),
  economy: z.boolean().optional(),
};

const constructIdSchema = lineSchema.min(1, 'Name the construct to verify.').max(255);

const requireOracleFields = (request: z.infer<z.ZodObject<typeof oracleShape>>, context: z.RefinementCtx) => {
  for (const field of requestFieldsOf(request.oracleType)) {
    if (request[field] !== undefined) continue;
    context.addIssue({
      code: 'custom',
      path: [field],
      message: `Required for an oracle of type ${request.oracleType}.`,
    });
  }
};

/** The request that starts a run, the same for every transport. Without a judge, the installation's default is used. */
export const runRequestSchema = z
  .strictObject({ ...changesShape, constructId: constructIdSchema, ...oracleShape, ...judgingShape })
  .superRefine(requireOracleFields);
export type RunRequest = z.infer<typeof runRequestSchema>;

const unread = z
  .unknown()
  .transform((): undefined => undefined)
  .optional();
/**
 * The fields of a run request, for a request that reads only some of them: clients fill in one form. Any other field is
 * refused.
 */
export const unreadFields = Object.fromEntries(
  Object.keys(runRequestSchema.shape).map((field) => [field, unread]),
) as Record<keyof RunRequest, typeof unread>;

/** The request that tries an oracle: whom to ask about what, without judging. */
export const tryRequestSchema = z
  .strictObject({ ...unreadFields, ...changesShape, ...oracleShape })
  .superRefine(requireOracleFields);
export type TryRequest = z.infer<z.ZodObject<typeof changesShape & typeof oracleShape>>;

/** The request that resumes or retries a run: the secrets, which were erased, and what may change. */
export const continueRequestSchema = z.strictObject({
  id: storableTextSchema,
  oracleUrl: oracleUrlSchema.optional(),
  oracleHeaders: oracleHeadersSchema.default({}),
  githubToken: changesShape.githubToken,
  maxCostUsd: judgingShape.maxCostUsd,
});
export type ContinueRequest = z.infer<typeof continueRequestSchema>;
