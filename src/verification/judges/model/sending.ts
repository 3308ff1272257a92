import { readBody } from '#contracts/http.ts';
import { parseJson } from '#contracts/json.ts';
import { redacted } from '#contracts/redacted.ts';
import { cutText, storableText } from '#contracts/text.ts';
import { createLimiter, type LimitNews } from './limiter.ts';
import type { ModelFault, ModelMessage, ModelReply } from './reply.ts';
import { mayHaveArrived } from './uncertain.ts';

type Fetch = typeof fetch;

type SendingOptions = {
  fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** The most calls that are under way at once; see `createLimiter`. */
  maxConcurrent: number;
  limitsOf: (response: Response, now: number) => LimitNews;
  /** What the vendor's client is given in place of a response whose body has arrived. */
  understood?: (response: Response, body: string, now: number) => Response;
};

/** How one request is made, and what is made of its failure. */
type Sending = {
  timeoutMs: number;
  signal: AbortSignal | undefined;
  onSent: (() => void) | undefined;
  /** Makes the request by the vendor's client, with its own retries, through `attempt` in place of `fetch`. */
  ask: (attempt: Fetch, signal: AbortSignal) => Promise<ModelMessage>;
  faultOf: (error: unknown) => ModelFault;
  /** The fault of a request that was sent and not answered, from fetch's own error. */
  lostFault: (error: unknown) => ModelFault;
};

const longestSaid = 200;

/** An API's own words on one line, fit to be shown. `secret` is hidden, should they repeat it. */
export const saidInShort = (said: string, secret: string | null): string =>
  cutText(
    storableText(secret === null ? said : said.replaceAll(secret, redacted))
      .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .trim(),
    longestSaid,
    '…',
  );

/** Far more than the longest answer of any model. */
const maxAnswerBytes = 16 * 1024 * 1024;

/** Whether a body begins like a message but is not whole JSON. */
const isCutOff = (text: string): boolean => /^\s*\{/.test(text) && parseJson(text) === undefined;

/** Reads the whole body first, to distinguish an answer that was cut off from one that makes no sense. */
const wholeResponse = async (
  response: Response,
  { understood, now }: Pick<SendingOptions, 'understood' | 'now'>,
): Promise<Response> => {
  const bytes = await readBody(response, maxAnswerBytes);
  if (bytes === null) throw new TypeError('The answer is too large.');
  const body = new TextDecoder().decode(bytes);
  const { ok, status, statusText, headers } = response;
  // A body that a proxy cut off ends without an error.
  if (ok && isCutOff(body)) throw new TypeError('The answer was cut off.');
  const whole = new Response(body === '' ? null : body, { status, statusText, headers });
  return understood === undefined ? whole : understood(whole, body, now());
};

/**
 * Sends requests through a vendor's client, which retries what was turned away. A request that was sent and not
 * answered may have been charged, so it is not sent again here.
 */
export const createSending = ({
  fetch: send,
  now,
  sleep,
  maxConcurrent,
  limitsOf,
  understood,
}: SendingOptions) => {
  const limiter = createLimiter({ most: maxConcurrent, now, sleep });
  return {
    enter: limiter.enter,

    /** Rejects only when `signal` is aborted. */
    send: async ({ timeoutMs, signal, onSent, ask, faultOf, lostFault }: Sending): Promise<ModelReply> => {
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
      // Each of the client's own retries passes through here: the limiter must hear of each limit, and the certificate
      // counts the retries.
      const attempt: typeof fetch = async (url, options) => {
        attempts += 1;
        onSent?.();
        let isAnswer = true;
        try {
          // The client's own timeout ends with the headers.
          const limits = [AbortSignal.timeout(timeoutMs), ...(options?.signal ? [options.signal] : [])];
          // A redirect would take the key to an address that nobody configured.
          const response = await send(url, {
            ...options,
            redirect: 'manual',
            signal: AbortSignal.any(limits),
          });
          isAnswer = response.ok;
          const whole = await wholeResponse(response, { understood, now });
          limiter.observe(limitsOf(whole, now()));
          return whole;
        } catch (error) {
          // A server that puts requests in a line answers late, and never that there are too many.
          if (error instanceof Error && error.name === 'TimeoutError')
            limiter.observe({ outcome: 'limited', callsLeft: null, closedUntil: null });
          if (isAnswer && mayHaveArrived(error)) {
            uncertain += 1;
            lost.abort(error);
          }
          throw error;
        }
      };
      try {
        const signals = [lost.signal, ...(signal === undefined ? [] : [signal])];
        return { ...(await ask(attempt, AbortSignal.any(signals))), ...took() };
      } catch (error) {
        signal?.throwIfAborted();
        return { ...took(), ...(lost.signal.aborted ? lostFault(lost.signal.reason) : faultOf(error)) };
      } finally {
        leave();
      }
    },
  };
};
