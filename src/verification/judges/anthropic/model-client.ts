import { type JudgeAnswer, judgeAnswerSchema } from '../judge.ts';
import type { ModelRequest } from './request.ts';

export type ReadAnswer = { ok: true; answer: JudgeAnswer } | { ok: false; detail: string };

export type ModelUsage = {
  inputTokens: number;
  cacheWriteTokens: number;
  cacheReadTokens: number;
  outputTokens: number;
};

/**
 * What came of one request, and how long it took with its retries. `message`: the model answered, and it is charged. `rejected`: the API does not take this
 * material. `unavailable`: nobody was asked; `detail` is for the operator and holds no secret.
 */
export type ModelReply = { latencyMs: number } & ModelOutcome;

export type ModelOutcome =
  | {
      kind: 'message';
      model: string;
      stop: 'ended' | 'refused' | 'truncated';
      output: ReadAnswer | null;
      usage: ModelUsage;
    }
  | { kind: 'rejected'; detail: string }
  | { kind: 'unavailable'; detail: string };

/** A port: sends one request, with the client's own retries. Rejects only where `signal` is aborted. */
export type AnthropicClient = {
  send(request: ModelRequest, signal?: AbortSignal): Promise<ModelReply>;
};

/** What is checked must be what is stored, and Postgres takes neither NUL nor lone surrogates. */
const storable = (_: string, value: unknown) =>
  typeof value === 'string' ? value.replaceAll('\0', '\ufffd').toWellFormed() : value;

/** Reads a model's text by the one schema of all measures; `detail` names places, never what stands there. */
export const readJudgeAnswer = (text: string): ReadAnswer => {
  let value: unknown;
  try {
    value = JSON.parse(text, storable);
  } catch {
    return { ok: false, detail: 'not JSON' };
  }
  const parsed = judgeAnswerSchema.safeParse(value);
  if (parsed.success) return { ok: true, answer: parsed.data };
  const places = parsed.error.issues.map(({ path }) => path.map(String).join('.') || 'the whole');
  return { ok: false, detail: `not of the form asked for: ${[...new Set(places)].slice(0, 3).join(', ')}` };
};
