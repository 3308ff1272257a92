import { z } from 'zod';
import { parseJson } from '#contracts/json.ts';
import { answerFormSchema, type JudgeUsage, noUsage } from '#contracts/replay.ts';
import { type JudgeReply, judgeAnswerSchema } from '../judge.ts';
import type { Prices } from './prices.ts';

const readAnswerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), answer: judgeAnswerSchema }),
  z.object({ ok: z.literal(false), detail: z.string() }),
]);
export type ReadAnswer = z.infer<typeof readAnswerSchema>;

const tokens = z.number().int();
const messageSchema = z.object({
  kind: z.literal('message'),
  model: z.string(),
  stop: z.enum(['ended', 'refused', 'truncated']),
  output: readAnswerSchema.nullable(),
  /** How the model was held to the form of the answer. */
  form: answerFormSchema,
  usage: z.object({
    inputTokens: tokens,
    cacheWriteTokens: tokens,
    cacheReadTokens: tokens,
    outputTokens: tokens,
    /** False: the API did not say, so the tokens are estimated from characters and the cost is unknown. */
    isStated: z.boolean(),
  }),
  batch: z.boolean(),
});
const rejectedSchema = z.object({
  kind: z.literal('rejected'),
  detail: z.string(),
  tooLarge: z.boolean(),
  /** The API's own words. They may repeat what was sent, so they are shown only where that was public (the exam). */
  said: z.string().optional(),
});
const unavailableSchema = z.object({
  kind: z.literal('unavailable'),
  detail: z.string(),
  passing: z.boolean(),
  mend: z.enum(['key', 'model']).optional(),
});
const tookShape = {
  latencyMs: z.number(),
  retries: z.number().int(),
  /** Requests whose connection broke or timed out. The API may have answered and charged them anyway. */
  uncertain: z.number().int(),
};

/**
 * The result of one request, and how long it took with its retries (limits, overload, broken connections). `message`:
 * the model answered, which is charged, in a batch at the price of batches. `rejected`: the API refuses this request,
 * because it is too large or for an unknown reason. `unavailable`: no model answered. `detail` is for the operator and
 * holds no secret. `passing`: the same call may succeed later. `mend`: no call will succeed before the key or the
 * model's name is corrected.
 */
export const modelReplySchema = z.discriminatedUnion('kind', [
  messageSchema.extend(tookShape),
  rejectedSchema.extend(tookShape),
  unavailableSchema.extend(tookShape),
]);
export type ModelReply = z.infer<typeof modelReplySchema>;

/** A model's answer, without its latency and retries. */
export type ModelMessage = z.infer<typeof messageSchema>;
/** Why there is no answer. */
export type ModelFault = z.infer<typeof rejectedSchema> | z.infer<typeof unavailableSchema>;

/** Parses a model's text by the one schema of all measures. `detail` names fields, never their content. */
export const readJudgeAnswer = (text: string): ReadAnswer => {
  const value = parseJson(text);
  if (value === undefined) return { ok: false, detail: 'not JSON' };
  const parsed = judgeAnswerSchema.safeParse(value);
  if (parsed.success) return { ok: true, answer: parsed.data };
  const places = parsed.error.issues.map(({ path }) => path.map(String).join('.') || 'the whole');
  return { ok: false, detail: `not of the form asked for: ${[...new Set(places)].slice(0, 3).join(', ')}` };
};

/**
 * What a request used and cost: nothing if no model answered.
 * @param asked the model that was asked for, where another name may answer.
 */
export const usageOfReply = (reply: ModelReply, prices: Prices, asked?: string): JudgeUsage => {
  if (reply.kind !== 'message') return noUsage;
  const { model, usage, batch } = reply;
  const { isStated, ...tokens } = usage;
  const costUsd = prices.costUsd(model, tokens, { batch, asked });
  // What costs nothing costs nothing for any number of tokens.
  return {
    calls: 1,
    estimatedCalls: isStated ? 0 : 1,
    ...tokens,
    costUsd: isStated || costUsd === 0 ? costUsd : null,
  };
};

/** A model's reply as the judge's. If no model answered, it names `askedModel`. */
export const judgeReplyOf = (reply: ModelReply, askedModel: string, prices: Prices): JudgeReply => {
  const { latencyMs, retries, uncertain } = reply;
  const took = { usage: usageOfReply(reply, prices, askedModel), latencyMs, retries, uncertain };
  switch (reply.kind) {
    case 'rejected': {
      const fault = reply.tooLarge ? 'refused' : 'rejected';
      return { ok: false, model: askedModel, ...took, fault, detail: reply.detail, said: reply.said };
    }
    case 'unavailable': {
      const { detail, passing, mend } = reply;
      return { ok: false, model: askedModel, ...took, fault: 'unavailable', detail, passing, mend };
    }
    case 'message': {
      const { model, stop, output, form } = reply;
      // Even if the text parses: verdicts in a refusal or in a truncated answer do not count.
      if (stop !== 'ended') return { ok: false, model, ...took, fault: stop, detail: '' };
      if (output === null) return { ok: false, model, ...took, fault: 'malformed', detail: 'no text' };
      return output.ok
        ? { ok: true, model, form, ...took, answer: output.answer }
        : { ok: false, model, ...took, fault: 'malformed', detail: output.detail };
    }
  }
};
