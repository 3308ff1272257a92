import { z } from 'zod';
import { storableTextSchema } from './text.ts';

/** What an HTTP oracle is sent, in the wire's names (wire contract, "The oracle's side"). */
export const oracleRequestSchema = z.object({
  pr: z.object({
    id: storableTextSchema,
    title: storableTextSchema,
    description: storableTextSchema,
    diff_content: storableTextSchema,
    files_changed: z.array(storableTextSchema),
  }),
  follow_up_question: storableTextSchema,
});
export type OracleRequest = z.infer<typeof oracleRequestSchema>;

/** A claim in the oracle's words. `confidence` is the oracle's own, in [0, 1]; null if it states none. */
export const oracleClaimSchema = z.object({
  claim: storableTextSchema,
  confidence: z.number().min(0).max(1).nullable(),
});

/** An oracle's answer as read: absent optional fields are empty, and all claims have one form. */
export const oracleAnswerSchema = z.object({
  summary: storableTextSchema,
  keyClaims: z.array(oracleClaimSchema),
  followUpResponse: storableTextSchema,
});
export type OracleAnswer = z.infer<typeof oracleAnswerSchema>;

export const oracleFailureReasons = [
  'status',
  'timeout',
  'connection',
  'malformed',
  'too_large',
  'refused_by_network_rule',
  /** The account at the oracle has no quota left, or the server has no tool of this name: no question was let in. */
  'quota_exhausted',
  'unknown_tool',
  /** A callable raised an exception, its process ended during the call, or its module could not be loaded. */
  'exception',
  'crashed',
  'not_loaded',
] as const;

const callShape = {
  latencyMs: z.number(),
  retries: z.number().int(),
  /** How often this attempt had sent the question before without storing an outcome. Absent if never. */
  askedBefore: z.number().int().optional(),
};

/** How asking an oracle ended. `httpAnswered`: a status line arrived. If none does all run, the address is wrong. */
export const oracleOutcomeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('answer'),
    answer: oracleAnswerSchema,
    ...callShape,
  }),
  z.object({
    kind: z.literal('failure'),
    reason: z.enum(oracleFailureReasons),
    detail: storableTextSchema,
    httpAnswered: z.boolean(),
    /** The HTTP status of a response that held no usable answer, or the code of the error in its body. */
    status: z.number().int().optional(),
    /** No try to send the question made a connection, so the oracle never saw it. */
    unreachable: z.boolean().optional(),
    ...callShape,
  }),
]);
export type OracleOutcome = z.infer<typeof oracleOutcomeSchema>;
export type OracleFailure = Extract<OracleOutcome, { kind: 'failure' }>;
