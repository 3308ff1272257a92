import Anthropic from '@anthropic-ai/sdk';
import type { BatchClient } from '../../model/batches.ts';
import { createLimiter } from '../../model/limiter.ts';
import type { CountTokens, ModelClient } from '../../model/model-client.ts';
import { answerTimeoutMs } from '../../model/request.ts';
import { createBatchClient } from './batches.ts';
import { faultOf, lostFault } from './faults.ts';
import { messageParams, promptParams, readMessage } from './messages.ts';
import { limitNewsOf } from './rate-limits.ts';
import { mayHaveArrived } from './uncertain.ts';

/**
 * Only this folder loads the SDK. It is imported when a judge is needed, so that the application starts without the
 * package.
 */
export type AnthropicClientOptions = {
  apiKey: string;
  baseURL?: string | undefined;
  fetch?: typeof fetch;
  /**
   * Retries after 408, 409, 429, 5xx and connections that were not made, with the SDK's back-off, which obeys
   * `Retry-After`. A request that was sent and not answered may be charged, so it is not sent again here.
   */
  maxRetries?: number;
  /** Milliseconds for one request, its body included. Without it, as long as its answer may take. */
  timeout?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** The most calls that are under way at once; see `createLimiter`. */
  maxConcurrent?: number | undefined;
};

export const createAnthropicClient = ({
  apiKey,
  baseURL = 'https://api.anthropic.com',
  fetch: send = fetch,
  maxRetries = 5,
  timeout: fixedTimeout,
  now = Date.now,
  sleep,
  maxConcurrent = 64,
}: AnthropicClientOptions): ModelClient & { countTokens: CountTokens; batches: BatchClient } => {
  const limiter = createLimiter({ most: maxConcurrent, now, sleep });
  // Set everything here that the SDK would otherwise read from the environment.
  const anthropic = new Anthropic({
    apiKey,
    baseURL,
    fetch: send,
    maxRetries,
    logLevel: 'off',
    openTelemetry: false,
  });
  return {
    async send(request, signal, onSent) {
      const leave = await limiter.enter(signal);
      const startedAt = now();
      const timeout = fixedTimeout ?? answerTimeoutMs(request);
      let attempts = 0;
      let uncertain = 0;
      const took = () => ({
        latencyMs: Math.max(0, now() - startedAt),
        retries: Math.max(0, attempts - 1),
        uncertain,
      });
      const lost = new AbortController();
      // Each of the SDK's own retries passes through here: the limiter must hear of each limit, and the certificate
      // counts the retries.
      const attempt: typeof fetch = async (url, options) => {
        attempts += 1;
        onSent?.();
        let isAnswer = true;
        try {
          // The SDK's own timeout ends with the headers.
          const limits = [AbortSignal.timeout(timeout), ...(options?.signal ? [options.signal] : [])];
          const response = await send(url, { ...options, signal: AbortSignal.any(limits) });
          limiter.observe(limitNewsOf(response, now()));
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
          .messages.create(messageParams(request), { signal: AbortSignal.any(signals), timeout });
        return { ...readMessage(message, { batch: false }), ...took() };
      } catch (error) {
        signal?.throwIfAborted();
        const fault = lost.signal.aborted ? lostFault(lost.signal.reason) : faultOf(error, request.model);
        return { ...took(), ...fault };
      } finally {
        leave();
      }
    },

    async countTokens(request, signal) {
      const leave = await limiter.enter(signal);
      try {
        const { input_tokens: tokens } = await anthropic.messages.countTokens(
          promptParams(request),
          // An estimate is not worth a long wait. Without the count it uses characters.
          { maxRetries: 1, timeout: 15_000, ...(signal === undefined ? {} : { signal }) },
        );
        return { ok: true, tokens };
      } catch (error) {
        signal?.throwIfAborted();
        return { ok: false, detail: faultOf(error, request.model).detail };
      } finally {
        leave();
      }
    },

    batches: createBatchClient(anthropic),
  };
};

/** Whether a body begins like a message but is not whole JSON. */
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

/** Reads the whole body first, to distinguish an answer that was cut off from one that makes no sense. */
const wholeResponse = async (response: Response): Promise<Response> => {
  const body = await response.arrayBuffer();
  const { ok, status, statusText, headers } = response;
  // A body that a proxy cut off ends without an error.
  if (ok && isCutOff(body)) throw new TypeError('The answer was cut off.');
  return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers });
};
