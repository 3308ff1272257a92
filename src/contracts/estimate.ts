import { z } from 'zod';
import { judgeProviders } from './judge-providers.ts';
import { changesShape, judgingShape } from './run-request.ts';

/** What an estimate takes: the changes and how they are judged. Of a whole run's request the rest is left out. */
export const estimateRequestSchema = z.object({ ...changesShape, ...judgingShape });
export type EstimateRequest = z.infer<typeof estimateRequestSchema>;

const amountSchema = z.object({
  calls: z.number().int(),
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  /** US dollars; null where the model's price is not known. */
  costUsd: z.number().nullable(),
});

/** What judging would take, from the cheapest course of things to the dearest, and how that was found. */
export const judgeEstimateSchema = z.object({ least: amountSchema, most: amountSchema, method: z.string() });
export type JudgeEstimate = z.infer<typeof judgeEstimateSchema>;

/** A run as it would be, before it is started. */
export const runEstimateSchema = z.object({
  judge: z.enum(judgeProviders),
  model: z.string(),
  replays: z.number().int(),
  /** How many changes of the repository were read for it. */
  changesRead: z.number().int(),
  oracleCalls: z.number().int(),
  judging: judgeEstimateSchema,
});
export type RunEstimate = z.infer<typeof runEstimateSchema>;
