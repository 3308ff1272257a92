import type { Message } from '@anthropic-ai/sdk/resources/messages';
import type { JudgeAnswer } from '#verification/judges/judge.ts';
import { modelAnswer } from '../../builders/model-answer.ts';
import { type PromptUsage, tokensOf } from './cache.ts';
import type { AnthropicRequest } from './request.ts';

/** Behaviours that end in a message, which is charged for. */
export type MessageBehaviour =
  | { kind: 'answer'; answer: JudgeAnswer; model?: string; afterMs?: number }
  | { kind: 'text'; text: string; afterMs?: number }
  | { kind: 'refusal'; afterMs?: number }
  /** Stops at `max_tokens`, in the middle of its JSON. */
  | { kind: 'max_tokens'; afterMs?: number };

/**
 * What the fake does with one request. `afterMs` is how long the model thinks; until then, what the request writes to
 * the cache cannot be read. In a batch a timeout makes the item expire, and any other behaviour without a message makes
 * it err.
 */
export type AnthropicBehaviour =
  | MessageBehaviour
  | { kind: 'error'; status: number; type: string; message?: string; retryAfter?: string }
  /** A body that is not the API's, as a proxy in front of it may send. */
  | { kind: 'raw'; status: number; body: string; contentType?: string }
  | { kind: 'reset' }
  /** Never answers. The connection stays open until the client hangs up. */
  | { kind: 'timeout' }
  /** Only for items of a batch. */
  | { kind: 'expired' }
  | { kind: 'errored'; type: string; message: string };

/** `count` requests came before this one, including items of batches. */
export type Behave = (
  request: AnthropicRequest,
  count: number,
) => AnthropicBehaviour | Promise<AnthropicBehaviour>;

export const isMessage = (behaviour: AnthropicBehaviour): behaviour is MessageBehaviour =>
  ['answer', 'text', 'refusal', 'max_tokens'].includes(behaviour.kind);

const textOf = (behaviour: MessageBehaviour): string => {
  switch (behaviour.kind) {
    case 'answer':
      return JSON.stringify(modelAnswer(behaviour.answer));
    case 'text':
      return behaviour.text;
    case 'refusal':
      return '';
    case 'max_tokens':
      return '{"changes":[],"question":null,"variants":[],"verdicts":[{"id":"t1","quote":"const li';
  }
};

/** The message in the API's form. Text beyond `max_tokens` is cut off, and the stop reason says so. */
export const composeMessage = (
  behaviour: MessageBehaviour,
  id: string,
  { model, maxTokens, batch }: AnthropicRequest,
  { inputTokens, readTokens, write5mTokens, write1hTokens }: PromptUsage,
): Message => {
  const whole = textOf(behaviour);
  const isCut = behaviour.kind === 'max_tokens' || tokensOf(whole) > maxTokens;
  const text = whole.slice(0, maxTokens * 4);
  const isRefused = behaviour.kind === 'refusal';
  return {
    id,
    type: 'message',
    role: 'assistant',
    model: behaviour.kind === 'answer' ? (behaviour.model ?? model) : model,
    content: isRefused ? [] : [{ type: 'text', text, citations: null }],
    stop_reason: isRefused ? 'refusal' : isCut ? 'max_tokens' : 'end_turn',
    stop_sequence: null,
    stop_details: isRefused ? { type: 'refusal', category: null, explanation: null } : null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: inputTokens,
      cache_creation_input_tokens: write5mTokens + write1hTokens,
      cache_read_input_tokens: readTokens,
      cache_creation: {
        ephemeral_5m_input_tokens: write5mTokens,
        ephemeral_1h_input_tokens: write1hTokens,
      },
      // Never zero, even for an empty text. A message that was cut off used its whole allowance, thinking included.
      output_tokens: isCut ? maxTokens : Math.max(1, tokensOf(text)),
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: batch === null ? 'standard' : 'batch',
      inference_geo: 'global',
      speed: 'standard',
    },
  };
};
