import Anthropic, { APIConnectionError, APIConnectionTimeoutError, APIError } from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { judgeAnswerSchema } from '../../judge.ts';
import { createLimiter } from '../../model/limiter.ts';
import { type AnthropicClient, type ModelReply, readJudgeAnswer } from '../../model/model-client.ts';
import type { Prices } from '../../model/prices.ts';
import { type BatchClient, createBatchClient } from './batches.ts';

export type { AnthropicClient } from '../../model/model-client.ts';

/**
 * The only module that loads the SDK: it is imported where a judge is wanted, so that the application starts where
 * the package is missing.
 */
export type AnthropicClientOptions = {
  apiKey: string;
  baseURL?: string | undefined;
  fetch?: typeof fetch;
  /**
   * Of 408, 409, 429, 5xx and connections that were not made, with the SDK's back-off, which obeys `Retry-After`. What
   * was sent and not answered may be charged, and is not sent again here.
   */
  maxRetries?: number;
  /** Milliseconds for one attempt, its body included. */
  timeout?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** No more calls than this are under way at once; see `createLimiter`. */
  maxConcurrent?: number;
};

/**
 * The form of every answer. The SDK's own `parse` would throw an answer away together with its usage where it does not
 * parse, which is what a broken-off answer does: reading is left to code that returns what is wrong.
 */
const format = zodOutputFormat(judgeAnswerSchema);

/** A message of the model, whether it came by itself or in a batch. */
const readMessage = ({
  model,
  stop_reason,
  content,
  usage,
}: Anthropic.Message): Extract<ModelReply, { kind: 'message' }> => {
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  return {
    kind: 'message',
    model,
    stop: stopOf(stop_reason),
    output: texts.length === 0 ? null : readJudgeAnswer(texts.join('')),
    batch: false,
    usage: {
      inputTokens: usage.input_tokens,
      cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
      cacheReadTokens: usage.cache_read_input_tokens ?? 0,
      outputTokens: usage.output_tokens,
    },
    latencyMs: 0,
    retries: 0,
    uncertain: 0,
  };
};

export const createAnthropicClient = ({
  apiKey,
  baseURL = 'https://api.anthropic.com',
  fetch: send = fetch,
  maxRetries = 5,
  timeout = 600_000,
  now = Date.now,
  sleep,
  maxConcurrent = 64,
}: AnthropicClientOptions): AnthropicClient & { batches(prices: Prices): BatchClient } => {
  const limiter = createLimiter({ most: maxConcurrent, now, sleep });
  // Everything is said here that the SDK would else look up in the environment.
  const anthropic = new Anthropic({
    apiKey,
    baseURL,
    maxRetries,
    timeout,
    logLevel: 'off',
    openTelemetry: false,
  });
  return {
    async send(request, signal, onSent) {
      const leave = await limiter.enter(signal);
      const startedAt = now();
      let attempts = 0;
      let uncertain = 0;
      const took = () => ({
        latencyMs: Math.max(0, now() - startedAt),
        retries: Math.max(0, attempts - 1),
        uncertain,
      });
      const lost = new AbortController();
      // The SDK's own retries pass through here one by one: the limiter has to hear of each limit, and the
      // certificate counts them.
      const attempt: typeof fetch = async (url, options) => {
        attempts += 1;
        onSent?.();
        let isAnswer = true;
        try {
          // The SDK's own limit ends with the headers.
          const limits = [AbortSignal.timeout(timeout), ...(options?.signal ? [options.signal] : [])];
          const response = await send(url, { ...options, signal: AbortSignal.any(limits) });
          limiter.observe(response);
          isAnswer = response.ok;
          return await wholeResponse(response);
        } catch (error) {
          if (isAnswer && mayHaveArrived(error)) {
            uncertain += 1;
            lost.abort(error);
          }
          throw error;
        }
      };
      try {
        const signals = [lost.signal, ...(signal === undefined ? [] : [signal])];
        const message = await anthropic
          .withOptions({ fetch: attempt })
          .messages.create({ ...request, output_config: { format } }, { signal: AbortSignal.any(signals) });
        return { ...readMessage(message), ...took() };
      } catch (error) {
        signal?.throwIfAborted();
        const fault = lost.signal.aborted ? lostFault(lost.signal.reason) : faultOf(error, request.model);
        return { ...took(), ...fault };
      } finally {
        leave();
      }
    },

    async countTokens({ model, system, messages }, signal) {
      const leave = await limiter.enter(signal);
      try {
        const { input_tokens: tokens } = await anthropic.messages.countTokens(
          { model, system, messages, output_config: { format } },
          // An estimate is not worth a long wait: without the count it goes by characters.
          { maxRetries: 1, timeout: 15_000, ...(signal === undefined ? {} : { signal }) },
        );
        return { ok: true, tokens };
      } catch (error) {
        signal?.throwIfAborted();
        return { ok: false, detail: faultOf(error, model).detail };
      } finally {
        leave();
      }
    },

    batches: (prices) =>
      createBatchClient({
        anthropic,
        format,
        prices,
        readMessage,
        faultOf: (error) => {
          const fault = faultOf(error, 'of a batch');
          return {
            detail: fault.detail,
            passing: fault.kind === 'unavailable' && fault.passing,
            mayHaveArrived:
              error instanceof APIConnectionError
                ? mayHaveArrived(error)
                : error instanceof APIError && (error.status ?? 500) >= 500 && error.status !== 529,
            status: error instanceof APIError ? (error.status ?? null) : null,
          };
        },
      }),
  };
};

/** Begins as a message does and is none. */
const isCutOff = (body: ArrayBuffer): boolean => {
  const text = new TextDecoder().decode(body);
  if (!/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
};

/** A response whose body has arrived, so that one that breaks off is told from one that makes no sense. */
const wholeResponse = async (response: Response): Promise<Response> => {
  const body = await response.arrayBuffer();
  const { ok, status, statusText, headers } = response;
  // One that a proxy has cut ends in good order.
  if (ok && isCutOff(body)) throw new TypeError('The answer was cut off.');
  return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers });
};

/** Codes of connections that were never made: nothing was sent over them. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

const codesOf = (error: unknown): string[] =>
  error instanceof Error
    ? [
        ...('code' in error && typeof error.code === 'string' ? [error.code] : []),
        ...codesOf(error.cause),
        ...(error instanceof AggregateError ? error.errors.flatMap(codesOf) : []),
      ]
    : [];

/** Whether a request that failed without an answer may have been answered, and charged, at its other end. */
const mayHaveArrived = (error: unknown): boolean => !codesOf(error).some((code) => neverSent.has(code));

function stopOf(reason: Anthropic.StopReason | null): 'ended' | 'refused' | 'truncated' {
  if (reason === 'refusal') return 'refused';
  return reason === 'max_tokens' || reason === 'model_context_window_exceeded' ? 'truncated' : 'ended';
}

/** A reply without what is known only once it is there. */
type Fault =
  | { kind: 'rejected'; detail: string; tooLarge: boolean }
  | { kind: 'unavailable'; detail: string; passing: boolean; mend?: 'key' | 'model' };

const unavailable = (detail: string) => ({ kind: 'unavailable', detail, passing: false }) as const;
const unavailableNow = (detail: string): Fault => ({ kind: 'unavailable', detail, passing: true });

const tooLate = 'the Anthropic API did not answer in time';
const notReached =
  'the Anthropic API could not be reached: check the network and ANTHROPIC_BASE_URL, if it is set';

/** Of what was sent and not answered: fetch's own error. */
const lostFault = (error: unknown): Fault =>
  unavailableNow(
    error instanceof Error && /^(?:Abort|Timeout)Error$/.test(error.name) ? tooLate : notReached,
  );

/** In words of our own: messages of the API, or of a proxy in its place, may repeat what was sent. */
function faultOf(error: unknown, model: string): Fault {
  if (error instanceof APIConnectionTimeoutError) return unavailableNow(tooLate);
  if (error instanceof APIConnectionError) return unavailableNow(notReached);
  if (!(error instanceof APIError)) {
    return unavailable('what answered is not the Anthropic API: check ANTHROPIC_BASE_URL, if it is set');
  }
  const message = error.apiMessage ?? '';
  if (error.status === 402 || error.type === 'billing_error' || /credit balance/i.test(message)) {
    return unavailable('the Anthropic account has no credit left');
  }
  if (error.status === 413 || /prompt is too long/i.test(message)) {
    return { kind: 'rejected', detail: 'the pull request is too large for the model', tooLarge: true };
  }
  switch (error.status) {
    case 401:
      return { ...unavailable('the Anthropic key was refused: check ANTHROPIC_API_KEY'), mend: 'key' };
    case 403:
      return {
        ...unavailable('the Anthropic key may not be used for this: check ANTHROPIC_API_KEY'),
        mend: 'key',
      };
    case 404:
      return {
        ...unavailable(`the Anthropic API does not know the model ${model}: check SCORING_MODEL`),
        mend: 'model',
      };
    case 429:
      return unavailableNow('the rate limit of the Anthropic API outlasted the retries');
    case 529:
      return unavailableNow('the Anthropic API was overloaded for longer than the retries');
    default: {
      const type = /^[a-z_]{1,40}$/.test(error.type ?? '') ? ` (${error.type})` : '';
      const detail = `the Anthropic API answered ${error.status ?? 'with an error'}${type}`;
      // Among others what its content filter stops, also in an answer, which an oracle's text can provoke.
      if (error.status === 400) return { kind: 'rejected', detail, tooLarge: false };
      return (error.status ?? 500) >= 500 ? unavailableNow(detail) : unavailable(detail);
    }
  }
}
