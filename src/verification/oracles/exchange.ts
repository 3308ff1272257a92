import { proxyFaultOf } from '#contracts/errors.ts';
import { type HttpMessage, readBody, retryAfterMs } from '#contracts/http.ts';
import type { OracleFailure, OracleOutcome } from '#contracts/oracle.ts';
import { meaningOfStatus, type ReportedError, reportedError } from '../foreign/answer-status.ts';
import { parseJsonBody, type ReadAnswer } from './answer.ts';
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
  /** Opens a connection to the URL's host as `fetch` would, with TLS if the URL says so, and closes it again. */
  connect: (url: string, signal?: AbortSignal) => Promise<void>;
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

/**
 * Why an exchange gave no answer. `passing`: the question is asked again later. `retryAfterMs`: how much later, if the
 * oracle says so.
 */
export type ExchangeFailure = Pick<OracleFailure, 'kind' | 'reason' | 'detail' | 'status'> & {
  passing?: boolean;
  retryAfterMs?: number;
};

export type ExchangeEnd =
  | { kind: 'answer'; answer: Extract<OracleOutcome, { kind: 'answer' }>['answer'] }
  | ExchangeFailure;

/** POSTs within the exchange's time limit. `asks`: the body contains the question and is not a handshake before it. */
export type Post = (headers: Record<string, string>, body: string, asks?: boolean) => Promise<OracleResponse>;

/** Waits before a repeated call when no HTTP answer came (methodology: after 2 counted retries). */
const reconnectWaitsMs = [500, 2000];
/** Waits after passing answers that do not say when to come back. Rate limits usually count by the minute. */
const backOffMs = [1000, 2000, 4000, 8000, 16_000, 32_000];
/** Limit for all waits of one call together after passing answers. */
const maxWaitedMs = 120_000;
/** Prevents a tight loop with a server that says "now". */
const minRetryAfterMs = 1000;

/** The waits of one call after passing answers: what the oracle asks for, else longer each time. Null: no more. */
export const passingWaits = (): ((retryAfterMs: number | undefined) => number | null) => {
  const backOff = backOffMs.values();
  let waitedMs = 0;
  return (askedMs) => {
    const waitMs = askedMs === undefined ? backOff.next().value : Math.max(askedMs, minRetryAfterMs);
    if (waitMs === undefined || waitedMs + waitMs > maxWaitedMs) return null;
    waitedMs += waitMs;
    return waitMs;
  };
};

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

/** The failure that an error in an answer stands for. */
export const reportedFailure = (reported: ReportedError): ExchangeFailure => {
  if (reported.kind === 'quota_exhausted')
    return failure('quota_exhausted', 'The oracle says that its quota is used up.');
  const { status } = reported;
  const detail = `The oracle answered with an error of code ${status}.`;
  return { ...failure('status', detail), status, passing: meaningOfStatus(status) === 'passing' };
};

/** The end of an exchange whose answer was read. */
export const endOfReading = (read: ReadAnswer): ExchangeEnd => {
  if (read.ok) return { kind: 'answer', answer: read.answer };
  return read.reported === undefined ? failure('malformed', read.detail) : reportedFailure(read.reported);
};

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
 * Looks whether anything listens at an oracle's address, without a request: an oracle is asked only what it is to
 * answer. Null: a connection could be made.
 */
export async function lookAt(
  { connect, sleep, now }: ExchangePorts,
  url: string,
  signal: AbortSignal | undefined,
): Promise<OracleFailure | null> {
  const startedAt = now();
  for (let retries = 0; ; retries += 1) {
    try {
      await connect(url, signal);
      return null;
    } catch (error) {
      signal?.throwIfAborted();
      // The verifier's own fault, as in an exchange.
      if (proxyFaultOf(error) !== null) throw error;
      const refusal = networkRuleRefusal(error);
      const waitMs = reconnectWaitsMs[retries];
      if (refusal === null && waitMs !== undefined) {
        await sleep(waitMs, signal);
        continue;
      }
      const reason = refusal === null ? 'connection' : 'refused_by_network_rule';
      return {
        kind: 'failure',
        reason,
        detail: refusal ?? connectionFault(error, false).detail,
        httpAnswered: false,
        unreachable: true,
        latencyMs: Math.max(0, now() - startedAt),
        retries,
      };
    }
  }
}

/**
 * Repeats an exchange until it has an answer or a final failure. A request without an HTTP answer is repeated twice. A
 * request with a passing answer is repeated when the oracle says so, else with back-off, within a bound. Redirects are
 * not followed, because the certificate names the origin that was given.
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
        // The verifier's own fault, which says nothing of the oracle.
        if (proxyFaultOf(error) !== null) throw error;
        const { reason, detail } = connectionFault(error, httpAnswered);
        return { ...failure(reason, detail), reconnect: !httpAnswered, neverMade };
      }
    });

  const nextWait = passingWaits();
  let reconnects = 0;
  let retries = 0;
  for (;;) {
    signal?.throwIfAborted();
    const startedAt = now();
    const end = await once();
    const latencyMs = Math.max(0, now() - startedAt);
    if (end.kind === 'answer') return { kind: 'answer', answer: end.answer, latencyMs, retries };
    const { reconnect, neverMade, passing, retryAfterMs, ...failed } = end;
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
    } else if (passing === true) {
      const waitMs = nextWait(retryAfterMs);
      if (waitMs === null && retryAfterMs !== undefined) {
        const asked = `It asked for waits of more than ${maxWaitedMs / 1000} seconds in total.`;
        return { ...outcome, detail: `${outcome.detail} ${asked}` };
      }
      if (waitMs === null) return outcome;
      await sleep(waitMs, signal);
    } else return outcome;
    retries += 1;
  }
}

/** Enough for any error object. */
const maxErrorBytes = 64 * 1024;

/** Whether a body says that the account's quota is used up, which comes with a status that usually passes. */
async function saysQuotaExhausted(response: OracleResponse): Promise<boolean> {
  const bytes = await readBody(response, maxErrorBytes);
  const read = bytes === null ? null : parseJsonBody(bytes);
  return read?.ok === true && reportedError(read.value)?.kind === 'quota_exhausted';
}

/** The failure of a status other than 2xx, or null for a 2xx. Of the body only a used-up quota is read. */
export async function statusFailure(
  response: OracleResponse,
  nowMs: number,
): Promise<ExchangeFailure | null> {
  const { status, headers, body } = response;
  if (status >= 200 && status <= 299) return null;
  const isExhausted = status === 429 && (await saysQuotaExhausted(response));
  if (status !== 429) await body?.cancel().catch(() => undefined);
  if (isExhausted)
    return { ...failure('quota_exhausted', 'The oracle says that its quota is used up.'), status };
  const redirected = status >= 300 && status < 400;
  const detail = redirected
    ? `The oracle answered ${status}, a redirect, which is not followed: give its final address.`
    : `The oracle answered ${status}.`;
  const failed = { ...failure('status', detail), status };
  if (meaningOfStatus(status) !== 'passing') return failed;
  const waitMs = retryAfterMs(headers, nowMs);
  return { ...failed, passing: true, ...(waitMs !== null && { retryAfterMs: waitMs }) };
}

/** The failure of an answer with a body that is too large. The rest of it is not read. */
export async function tooLarge({ body }: OracleResponse, maxBytes: number): Promise<ExchangeFailure> {
  await body?.cancel().catch(() => undefined);
  return failure('too_large', `The answer is larger than ${maxBytes} bytes.`);
}
