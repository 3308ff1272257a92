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

/** The part of an answer that is judged. Only this part is stored. `cut` counts what was left out. */
export const judgedAnswerSchema = oracleAnswerSchema.extend({
  cut: z.object({
    claims: z.number().int().min(0),
    /** Of the claims that are judged. */
    claimCharacters: z.number().int().min(0),
    summaryCharacters: z.number().int().min(0),
    responseCharacters: z.number().int().min(0),
  }),
});
export type JudgedAnswer = z.infer<typeof judgedAnswerSchema>;

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

const answeredSchema = z.object({ kind: z.literal('answer'), ...callShape });

/** `httpAnswered`: a status line arrived. If none does all run, the address is wrong. */
const oracleFailureSchema = z.object({
  kind: z.literal('failure'),
  reason: z.enum(oracleFailureReasons),
  detail: storableTextSchema,
  httpAnswered: z.boolean(),
  /** The HTTP status of a response that held no usable answer, or the code of the error in its body. */
  status: z.number().int().optional(),
  /** No try to send the question made a connection, so the oracle never saw it. */
  unreachable: z.boolean().optional(),
  ...callShape,
});
export type OracleFailure = z.infer<typeof oracleFailureSchema>;

/** How asking an oracle ended, with its whole answer. */
export type OracleOutcome = (z.infer<typeof answeredSchema> & { answer: OracleAnswer }) | OracleFailure;

/** How it ended, as it is stored. */
export const storedOutcomeSchema = z.discriminatedUnion('kind', [
  answeredSchema.extend({ answer: judgedAnswerSchema }),
  oracleFailureSchema,
]);

/** The same without the oracle's words: all that scores and certificates are computed from. */
export const wordlessOutcomeSchema = z.discriminatedUnion('kind', [answeredSchema, oracleFailureSchema]);
export type WordlessOutcome = z.infer<typeof wordlessOutcomeSchema>;
