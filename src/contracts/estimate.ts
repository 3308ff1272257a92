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

/**
 * What a run can tell, before it is started, on the scale 0 to 1 (methodology, "Power"): the composite's expected
 * half-width, and the smallest difference that a comparison with another run on the same changes finds with power 0.8
 * (null below the 30 changes that a comparison needs). `sd` and `designEffect`, of the composites, are what both are computed
 * from: those of the repository's newest certificates, or assumed where there are no certificates.
 */
export const runPowerSchema = z.object({
  halfWidth: z.number(),
  smallestDifference: z.number().nullable(),
  sd: z.number(),
  designEffect: z.number(),
  certificates: z.number().int(),
});
export type RunPower = z.infer<typeof runPowerSchema>;

/** What judging a run would take, before it is started. */
export const judgingEstimateSchema = z.object({
  judge: z.enum(judgeProviders),
  model: storableTextSchema,
  replays: z.number().int(),
  /** How many of the repository's changes were read for the estimate. */
  changesRead: z.number().int(),
  oracleCalls: z.number().int(),
  judging: judgeEstimateSchema,
});
export type JudgingEstimate = z.infer<typeof judgingEstimateSchema>;

/** With what it can tell. Null: a run of one replay tells nothing. */
export const runEstimateSchema = judgingEstimateSchema.extend({ power: runPowerSchema.nullable() });
export type RunEstimate = z.infer<typeof runEstimateSchema>;
