import Anthropic, { APIError } from '@anthropic-ai/sdk';
import type { BatchClient } from '../../model/batches.ts';
import type { CountTokens, ModelClient } from '../../model/model-client.ts';
import { answerTimeoutMs } from '../../model/request.ts';
import { createSending, saidInShort } from '../../model/sending.ts';
import { createBatchClient } from './batches.ts';
import { faultOf, lostFault } from './faults.ts';
import { messageParams, promptParams, readMessage } from './messages.ts';
import { limitNewsOf } from './rate-limits.ts';

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
  const sending = createSending({ fetch: send, now, sleep, maxConcurrent, limitsOf: limitNewsOf });
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
    send: (request, signal, onSent) => {
      const timeoutMs = fixedTimeout ?? answerTimeoutMs(request);
      return sending.send({
        timeoutMs,
        signal,
        onSent,
        ask: async (attempt, until) => {
          const message = await anthropic
            .withOptions({ fetch: attempt })
            .messages.create(messageParams(request), { signal: until, timeout: timeoutMs });
          return readMessage(message, { batch: false });
        },
        faultOf: (error) => {
          const fault = faultOf(error, request.model);
          const said = saidInShort(error instanceof APIError ? (error.apiMessage ?? '') : '', apiKey);
          return fault.kind === 'rejected' && said !== '' ? { ...fault, said } : fault;
        },
        lostFault,
      });
    },

    async countTokens(request, signal) {
      const leave = await sending.enter(signal);
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
