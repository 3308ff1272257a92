import Anthropic, { APIConnectionError, APIConnectionTimeoutError, APIError } from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { judgeAnswerSchema } from '../judge.ts';
import { type AnthropicClient, type ModelOutcome, readJudgeAnswer } from './model-client.ts';

export type { AnthropicClient } from './model-client.ts';

/**
 * The only module that loads the SDK: it is imported where a judge is wanted, so that the application starts where
 * the package is missing.
 */
export type AnthropicClientOptions = {
  apiKey: string;
  baseURL?: string | undefined;
  fetch?: typeof fetch;
  /** Of 408, 409, 429, 5xx and broken connections, with the SDK's back-off, which obeys `Retry-After`. */
  maxRetries?: number;
  /** Milliseconds for one attempt. */
  timeout?: number;
  /** Milliseconds, of any clock that goes forward. */
  now?: () => number;
};

/**
 * The SDK's own format would throw an answer away together with its usage where it does not parse, which is what a
 * broken-off answer does: reading is left to code that returns what is wrong.
 */
const format = { ...zodOutputFormat(judgeAnswerSchema), parse: readJudgeAnswer };

export const createAnthropicClient = ({
  apiKey,
  baseURL = 'https://api.anthropic.com',
  fetch: send,
  maxRetries = 5,
  timeout = 300_000,
  now = performance.now.bind(performance),
}: AnthropicClientOptions): AnthropicClient => {
  // Everything is said here that the SDK would else look up in the environment.
  const anthropic = new Anthropic({
    apiKey,
    baseURL,
    fetch: send,
    maxRetries,
    timeout,
    logLevel: 'off',
    openTelemetry: false,
  });
  return {
    async send(request, signal) {
      const startedAt = now();
      const took = () => ({ latencyMs: Math.max(0, now() - startedAt) });
      try {
        const message = await anthropic.messages.parse(
          { ...request, output_config: { format } },
          signal === undefined ? {} : { signal },
        );
        const { usage } = message;
        return {
          ...took(),
          kind: 'message',
          model: message.model,
          stop: stopOf(message.stop_reason),
          output: message.parsed_output,
          usage: {
            inputTokens: usage.input_tokens,
            cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
            cacheReadTokens: usage.cache_read_input_tokens ?? 0,
            outputTokens: usage.output_tokens,
          },
        };
      } catch (error) {
        signal?.throwIfAborted();
        return { ...took(), ...faultOf(error, request.model) };
      }
    },
  };
};

function stopOf(reason: Anthropic.StopReason | null): 'ended' | 'refused' | 'truncated' {
  if (reason === 'refusal') return 'refused';
  return reason === 'max_tokens' || reason === 'model_context_window_exceeded' ? 'truncated' : 'ended';
}

const unavailable = (detail: string): ModelOutcome => ({ kind: 'unavailable', detail });

/** In words of our own: messages of the API, or of a proxy in its place, may repeat what was sent. */
function faultOf(error: unknown, model: string): ModelOutcome {
  if (error instanceof APIConnectionTimeoutError) {
    return unavailable('the Anthropic API did not answer in time');
  }
  if (error instanceof APIConnectionError) {
    return unavailable(
      'the Anthropic API could not be reached: check the network and ANTHROPIC_BASE_URL, if it is set',
    );
  }
  if (!(error instanceof APIError)) {
    return unavailable('what answered is not the Anthropic API: check ANTHROPIC_BASE_URL, if it is set');
  }
  const message = error.apiMessage ?? '';
  if (error.status === 402 || error.type === 'billing_error' || /credit balance/i.test(message)) {
    return unavailable('the Anthropic account has no credit left');
  }
  if (error.status === 413 || /prompt is too long/i.test(message)) {
    return { kind: 'rejected', detail: 'the pull request is too large for the model' };
  }
  switch (error.status) {
    case 401:
      return unavailable('the Anthropic key was refused: check ANTHROPIC_API_KEY');
    case 403:
      return unavailable('the Anthropic key may not be used for this: check ANTHROPIC_API_KEY');
    case 404:
      return unavailable(`the Anthropic API does not know the model ${model}: check SCORING_MODEL`);
    case 429:
      return unavailable('the rate limit of the Anthropic API outlasted the retries');
    case 529:
      return unavailable('the Anthropic API was overloaded for longer than the retries');
    default: {
      const type = /^[a-z_]{1,40}$/.test(error.type ?? '') ? ` (${error.type})` : '';
      return unavailable(`the Anthropic API answered ${error.status ?? 'with an error'}${type}`);
    }
  }
}
