import { z } from 'zod';
import type { JudgeUsage } from '#contracts/replay.ts';
import { judgeAnswerSchema } from '../judge.ts';
import type { ModelRequest } from './request.ts';

const readAnswerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), answer: judgeAnswerSchema }),
  z.object({ ok: z.literal(false), detail: z.string() }),
]);
export type ReadAnswer = z.infer<typeof readAnswerSchema>;

const tokens = z.number().int();
const tookShape = {
  latencyMs: z.number(),
  retries: z.number().int(),
  /** Requests whose connection broke or timed out: the API may have answered, and charged, them all the same. */
  uncertain: z.number().int(),
};

/**
 * What came of one request, and how long it took with its retries (limits, overload, broken connections). `message`:
 * the model answered, and it is charged, each token at half its price where that was in a batch. `rejected`: the API does not take
 * this request, because it is too large or for a reason that it does not tell. `unavailable`: nobody was asked;
 * `detail` is for the operator and holds no secret, and `passing` says that the same call may succeed later, `mend` that
 * none will before the key or the model's name is another.
 */
export const modelReplySchema = z.discriminatedUnion('kind', [
  z.object({
    ...tookShape,
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
  }),
  z.object({ ...tookShape, kind: z.literal('rejected'), detail: z.string(), tooLarge: z.boolean() }),
  z.object({
    ...tookShape,
    kind: z.literal('unavailable'),
    detail: z.string(),
    passing: z.boolean(),
    mend: z.enum(['key', 'model']).optional(),
  }),
]);
export type ModelReply = z.infer<typeof modelReplySchema>;

/** A call on its way through a batch, and how it is made by itself where the batch had no answer for it. */
export type BatchedCall = {
  request: ModelRequest;
  /** What it can cost in a batch at most, in US dollars. */
  mostUsd: number;
  single: { mostUsd: number; send(): Promise<{ reply: ModelReply; usage: JudgeUsage }> };
};

/** A call of this replay waits for its batch; the replay is taken up again when that has ended. */
export class AwaitsBatch extends Error {
  override readonly name = 'AwaitsBatch';
}

/**
 * A port: where calls wait for a batch. `name` names a call so that a restarted worker finds it again; it is handed in
 * once. Rejects with `AwaitsBatch` where there is no reply yet.
 */
export type BatchDesk = { exchange(name: string, call: BatchedCall): Promise<ModelReply> };

/** `detail` says why nothing was counted: for the operator, without a secret. */
export type TokenCount = { ok: true; tokens: number } | { ok: false; detail: string };

/**
 * A port: sends one request, with the client's own retries; `onSent` is told when something first leaves. Rejects only
 * where `signal` is aborted.
 */
export type AnthropicClient = {
  send(request: ModelRequest, signal?: AbortSignal, onSent?: () => void): Promise<ModelReply>;
  /** The tokens of a request's prompt by the model's own tokeniser, free of charge. */
  countTokens(request: ModelRequest, signal?: AbortSignal): Promise<TokenCount>;
};

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
