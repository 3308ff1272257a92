import { z } from 'zod';
import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
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
  usage: z.object({
    inputTokens: tokens,
    cacheWriteTokens: tokens,
    cacheReadTokens: tokens,
    outputTokens: tokens,
  }),
  batch: z.boolean(),
});
const rejectedSchema = z.object({ kind: z.literal('rejected'), detail: z.string(), tooLarge: z.boolean() });
const unavailableSchema = z.object({
  kind: z.literal('unavailable'),
  detail: z.string(),
  passing: z.boolean(),
  mend: z.enum(['key', 'model']).optional(),
});
const tookShape = {
  latencyMs: z.number(),
  retries: z.number().int(),
  /** Requests whose connection broke or timed out: the API may have answered, and charged, them all the same. */
  uncertain: z.number().int(),
};

/**
 * What came of one request, and how long it took with its retries (limits, overload, broken connections). `message`:
 * the model answered, and it is charged, at the price of batches where that was in one. `rejected`: the API does not
 * take this request, because it is too large or for a reason that it does not tell. `unavailable`: nobody was asked;
 * `detail` is for the operator and holds no secret, and `passing` says that the same call may succeed later, `mend` that
 * none will before the key or the model's name is another.
 */
export const modelReplySchema = z.discriminatedUnion('kind', [
  messageSchema.extend(tookShape),
  rejectedSchema.extend(tookShape),
  unavailableSchema.extend(tookShape),
]);
export type ModelReply = z.infer<typeof modelReplySchema>;

/** A model's answer, before it is known what it took. */
export type ModelMessage = z.infer<typeof messageSchema>;
/** Why there is none. */
export type ModelFault = z.infer<typeof rejectedSchema> | z.infer<typeof unavailableSchema>;

/** Reads a model's text by the one schema of all measures; `detail` names places, never what stands there. */
export const readJudgeAnswer = (text: string): ReadAnswer => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, detail: 'not JSON' };
  }
  const parsed = judgeAnswerSchema.safeParse(value);
  if (parsed.success) return { ok: true, answer: parsed.data };
  const places = parsed.error.issues.map(({ path }) => path.map(String).join('.') || 'the whole');
  return { ok: false, detail: `not of the form asked for: ${[...new Set(places)].slice(0, 3).join(', ')}` };
};

/** What a request used and cost: nothing where no model answered it. */
export const usageOfReply = (reply: ModelReply, prices: Prices): JudgeUsage => {
  if (reply.kind !== 'message') return noUsage;
  const { model, usage, batch } = reply;
  return { calls: 1, ...usage, costUsd: prices.costUsd(model, usage, { batch }) };
};

/** What the judge says by a model's reply; `askedModel` is named where none answered. */
export const judgeReplyOf = (reply: ModelReply, askedModel: string, prices: Prices): JudgeReply => {
  const { latencyMs, retries, uncertain } = reply;
  const took = { usage: usageOfReply(reply, prices), latencyMs, retries, uncertain };
  switch (reply.kind) {
    case 'rejected': {
      const fault = reply.tooLarge ? 'refused' : 'rejected';
      return { ok: false, model: askedModel, ...took, fault, detail: reply.detail };
    }
    case 'unavailable': {
      const { detail, passing, mend } = reply;
      return { ok: false, model: askedModel, ...took, fault: 'unavailable', detail, passing, mend };
    }
    case 'message': {
      const { model, stop, output } = reply;
      // Also where the text happens to parse: a refusal's or a broken-off answer's verdicts are not the judge's.
      if (stop !== 'ended') return { ok: false, model, ...took, fault: stop, detail: '' };
      if (output === null) return { ok: false, model, ...took, fault: 'malformed', detail: 'no text' };
      return output.ok
        ? { ok: true, model, ...took, answer: output.answer }
        : { ok: false, model, ...took, fault: 'malformed', detail: output.detail };
    }
  }
};
