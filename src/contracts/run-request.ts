import { z } from 'zod';
import { judgeProviders } from './judge.ts';
import { type OracleType, oracleTypes } from './oracle.ts';

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

/** What going on with a run takes: what was erased with its secrets, and what may be another now. */
export const continueRequestSchema = z.strictObject({
  id: z.string().max(200),
  oracleUrl: oracleUrlSchema.optional(),
  oracleHeaders: oracleHeadersSchema.default({}),
  githubToken: requestShape.githubToken,
  maxCostUsd: requestShape.maxCostUsd,
});
export type ContinueRequest = z.infer<typeof continueRequestSchema>;
