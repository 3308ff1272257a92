import { type HttpMessage, retryAfterMs } from '#contracts/http.ts';
import type { OracleFailure, OracleOutcome } from '#contracts/oracle.ts';
import { connectionFault, networkRuleRefusal, wasNeverMade } from './fault.ts';

/** The part of `fetch` that an oracle call needs. Both the platform's and undici's fit. */
export type OracleFetch = (
  url: string,
  init: {
    method: 'POST' | 'DELETE';
    headers: Record<string, string>;
    body?: string;
    redirect: 'manual';
    signal: AbortSignal;
  },
) => Promise<OracleResponse>;

export type OracleResponse = HttpMessage & {
  status: number;
  body: { cancel(reason?: unknown): Promise<void> } | null;
};

export type ExchangePorts = {
  fetch: OracleFetch;
  /** Rejects when `signal` is aborted during the wait. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<unknown>;
  /** Milliseconds since the epoch. */
  now: () => number;
};

export type ExchangeBounds = {
  url: string;
  /** Limit for one whole exchange, including any handshake and the bodies. */
  timeoutMs: number;
};

/** Why an exchange gave no answer. `retryAfterMs` is set when the oracle asked to be called again later. */
export type ExchangeFailure = Pick<OracleFailure, 'kind' | 'reason' | 'detail' | 'status'> & {
  retryAfterMs?: number;
};

export type ExchangeEnd =
  | { kind: 'answer'; answer: Extract<OracleOutcome, { kind: 'answer' }>['answer'] }
  | ExchangeFailure;

/** POSTs within the exchange's time limit. `asks`: the body contains the question and is not a handshake before it. */
export type Post = (headers: Record<string, string>, body: string, asks?: boolean) => Promise<OracleResponse>;

/** Waits before a repeated call when no HTTP answer came (methodology: after 2 counted retries). */
const reconnectWaitsMs = [500, 2000];
/** Limit for all waits of one call together after 429 and 503 with `Retry-After`. */
const maxRetryAfterMs = 120_000;
/** Prevents a tight loop with a server that says "now". */
const minRetryAfterMs = 1000;

/**
 * Nothing here tells an oracle that it is being verified. Headers that frame the request belong to the client:
 * configured ones with these names are dropped.
 */
const neutralHeaders = { accept: 'application/json', 'user-agent': 'node' };
const framingHeaders = new Set([
  'content-type',
  'content-length',
  'host',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
]);

/** The headers of a request with a JSON body, with names in lower case. */
export const requestHeaders = (configured: Record<string, string>): Record<string, string> => {
  const own = Object.entries(configured).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    ...neutralHeaders,
    ...Object.fromEntries(own.filter(([name]) => !framingHeaders.has(name))),
    'content-type': 'application/json',
  };
};

export const failure = (reason: OracleFailure['reason'], detail: string): ExchangeFailure => ({
  kind: 'failure',
  reason,
  detail,
});

/** Runs `work` with a signal that aborts after `ms` or with `signal`. */
export async function withinTime<T>(
  sleep: ExchangePorts['sleep'],
  ms: number,
  signal: AbortSignal | undefined,
  work: (limited: AbortSignal, late: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const ended = new AbortController();
  sleep(ms, ended.signal).then(
    () => late.abort(),
    () => undefined,
  );
  try {
    const limited = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
    return await work(limited, late.signal);
  } finally {
    ended.abort();
  }
}

/**
 * Repeats an exchange until it has an answer or a final failure. A request without an HTTP answer is repeated twice. A
 * request that was told when to come back is repeated then, within a bound. Redirects are not followed, because the
 * certificate names the origin that was given.
 */
export async function exchangeWithRetries(
  { fetch, sleep, now }: ExchangePorts,
  { url, timeoutMs }: ExchangeBounds,
  signal: AbortSignal | undefined,
  exchange: (post: Post) => Promise<ExchangeEnd>,
): Promise<OracleOutcome> {
  let everAnswered = false;
  /** True when the question may have reached the oracle: it then does not count as unreachable. */
  let everAsked = false;

  const once = (): Promise<ExchangeEnd & { reconnect?: boolean; neverMade?: boolean }> =>
    withinTime(sleep, timeoutMs, signal, async (limited, late) => {
      let httpAnswered = false;
      let asking = false;
      try {
        return await exchange(async (headers, body, asks = true) => {
          httpAnswered = false;
          asking = asks;
          const init = { method: 'POST', headers, body, redirect: 'manual', signal: limited } as const;
          const response = await fetch(url, init);
          httpAnswered = true;
          everAnswered = true;
          everAsked ||= asks;
          return response;
        });
      } catch (error) {
        signal?.throwIfAborted();
        const refusal = networkRuleRefusal(error);
        const neverMade = wasNeverMade(error);
        everAsked ||= asking && !neverMade && refusal === null;
        if (late.aborted) {
          const what = httpAnswered ? 'The answer was not complete' : 'No answer came';
          return failure('timeout', `${what} within ${timeoutMs / 1000} seconds.`);
        }
        if (refusal !== null) return failure('refused_by_network_rule', refusal);
        const { reason, detail } = connectionFault(error, httpAnswered);
        return { ...failure(reason, detail), reconnect: !httpAnswered, neverMade };
      }
    });

  let reconnects = 0;
  let retries = 0;
  let waitedMs = 0;
  for (;;) {
    signal?.throwIfAborted();
    const startedAt = now();
    const end = await once();
    const latencyMs = Math.max(0, now() - startedAt);
    if (end.kind === 'answer') return { kind: 'answer', answer: end.answer, latencyMs, retries };
    const { reconnect, neverMade, retryAfterMs, ...failed } = end;
    const outcome = {
      ...failed,
      httpAnswered: everAnswered,
      ...(neverMade && !everAsked && { unreachable: true }),
      latencyMs,
      retries,
    };
    if (reconnect === true) {
      const waitMs = reconnectWaitsMs[reconnects];
      if (waitMs === undefined) return outcome;
      reconnects += 1;
      await sleep(waitMs, signal);
    } else if (retryAfterMs !== undefined) {
      const waitMs = Math.max(retryAfterMs, minRetryAfterMs);
      if (waitedMs + waitMs > maxRetryAfterMs) {
        const asked = `It asked for waits of more than ${maxRetryAfterMs / 1000} seconds in total.`;
        return { ...outcome, detail: `${outcome.detail} ${asked}` };
      }
      waitedMs += waitMs;
      await sleep(waitMs, signal);
    } else return outcome;
    retries += 1;
  }
}

/** The failure of a status other than 2xx, or null for a 2xx. The body is not read. */
export async function statusFailure(
  { status, headers, body }: OracleResponse,
  nowMs: number,
): Promise<ExchangeFailure | null> {
  if (status >= 200 && status <= 299) return null;
  await body?.cancel().catch(() => undefined);
  const redirected = status >= 300 && status < 400;
  const detail = redirected
    ? `The oracle answered ${status}, a redirect, which is not followed: give its final address.`
    : `The oracle answered ${status}.`;
  const failed = { ...failure('status', detail), status };
  const waitMs = status === 429 || status === 503 ? retryAfterMs(headers, nowMs) : null;
  return waitMs === null ? failed : { ...failed, retryAfterMs: waitMs };
}

/** The failure of an answer with a body that is too large. The rest of it is not read. */
export async function tooLarge({ body }: OracleResponse, maxBytes: number): Promise<ExchangeFailure> {
  await body?.cancel().catch(() => undefined);
  return failure('too_large', `The answer is larger than ${maxBytes} bytes.`);
}
