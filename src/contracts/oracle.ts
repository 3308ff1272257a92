import { z } from 'zod';

/** What an HTTP oracle is sent, as it stands on the wire (wire contract, "The oracle's side"). */
export const oracleRequestSchema = z.object({
  pr: z.object({
    id: z.string(),
    title: z.string(),
    description: z.string(),
    diff_content: z.string(),
    files_changed: z.array(z.string()),
  }),
  follow_up_question: z.string(),
});
export type OracleRequest = z.infer<typeof oracleRequestSchema>;

/** A claim in the oracle's words; `confidence` is the oracle's own, in [0, 1], null where it states none. */
export const oracleClaimSchema = z.object({
  claim: z.string(),
  confidence: z.number().min(0).max(1).nullable(),
});

/** An oracle's answer once read: absent optional fields are empty, claims are all of one form. */
export const oracleAnswerSchema = z.object({
  summary: z.string(),
  keyClaims: z.array(oracleClaimSchema),
  followUpResponse: z.string(),
});
export type OracleAnswer = z.infer<typeof oracleAnswerSchema>;

export const oracleFailureReasons = [
  'status',
  'timeout',
  'connection',
  'malformed',
  'too_large',
  'refused_by_network_rule',
  /** A callable raised an exception, its process ended in the call, or its module could not be loaded. */
  'exception',
  'crashed',
  'not_loaded',
] as const;

/** How it was asked. */
const callShape = {
  latencyMs: z.number(),
  retries: z.number().int(),
  /** How often the same attempt had sent this question out before, and stored no outcome; absent where it never had. */
  askedBefore: z.number().int().optional(),
};

/** How asking an oracle ended. `httpAnswered`: a status line arrived; a run where none ever did is a wrong address. */
export const oracleOutcomeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('answer'),
    answer: oracleAnswerSchema,
    ...callShape,
  }),
  z.object({
    kind: z.literal('failure'),
    reason: z.enum(oracleFailureReasons),
    detail: z.string(),
    httpAnswered: z.boolean(),
    /** Of an answer that was none. */
    status: z.number().int().optional(),
    /** No connection was made, now and whenever the question would have been sent: the oracle saw nothing of it. */
    unreachable: z.boolean().optional(),
    ...callShape,
  }),
]);
export type OracleOutcome = z.infer<typeof oracleOutcomeSchema>;
export type OracleFailure = Extract<OracleOutcome, { kind: 'failure' }>;
