import { z } from 'zod';
import { judgeProviders } from './judge-providers.ts';
import { changesShape, judgingShape, unreadFields } from './run-request.ts';
import { storableTextSchema } from './text.ts';

/** What an estimate needs: the changes and how they are judged. It reads no other field of a run request. */
export const estimateRequestSchema = z.strictObject({ ...unreadFields, ...changesShape, ...judgingShape });
export type EstimateRequest = z.infer<z.ZodObject<typeof changesShape & typeof judgingShape>>;

const amountSchema = z.object({
  calls: z.number().int(),
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  /** US dollars. Null: the model's price is unknown. */
  costUsd: z.number().nullable(),
});

/** What judging would cost at the least and at the most, and how that was estimated. */
export const judgeEstimateSchema = z.object({
  least: amountSchema,
  most: amountSchema,
  method: storableTextSchema,
});
export type JudgeEstimate = z.infer<typeof judgeEstimateSchema>;

/** What a run would take, before it is started. */
export const runEstimateSchema = z.object({
  judge: z.enum(judgeProviders),
  model: storableTextSchema,
  replays: z.number().int(),
  /** How many of the repository's changes were read for the estimate. */
  changesRead: z.number().int(),
  oracleCalls: z.number().int(),
  judging: judgeEstimateSchema,
});
export type RunEstimate = z.infer<typeof runEstimateSchema>;
