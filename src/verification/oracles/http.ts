import type { OracleFailure, OracleOutcome, OracleRequest } from '#contracts/oracle.ts';
import { parseOracleAnswer } from './answer.ts';
import { connectionFault, networkRuleRefusal } from './fault.ts';
import type { Oracle } from './oracle.ts';

/** As much of `fetch` as an oracle call needs; both the platform's and undici's fit. */
export type OracleFetch = (
  url: string,
  init: {
    method: 'POST';
    headers: Record<string, string>;
    body: string;
    redirect: 'manual';
    signal: AbortSignal;
  },
) => Promise<OracleResponse>;

type OracleResponse = {
  status: number;
  headers: { get(name: string): string | null };
  body: {
    getReader(): {
      read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
      cancel(reason?: unknown): Promise<void>;
    };
    cancel(reason?: unknown): Promise<void>;
  } | null;
};

export type HttpOraclePorts = {
  fetch: OracleFetch;
  /** Rejects where `signal` is aborted while it waits. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<unknown>;
  /** Milliseconds since the epoch. */
  now: () => number;
};

export type HttpOracleOptions = {
  url: string;
  headers: Record<string, string>;
  /** For one whole exchange, the body included. */
  timeoutMs?: number;
  maxBytes?: number;
};

/** Waits before asking again where no HTTP answer came (methodology: after 2 counted retries). */
const reconnectWaitsMs = [500, 2000];
/** 429 and 503 with `Retry-After` are waited for, all waits of one call together at most this long. */
const maxRetryAfterMs = 120_000;
/** A server that says "now" is not asked in a tight loop. */
const minRetryAfterMs = 1000;

/**
 * Nothing here tells an oracle that it is being verified. Headers that frame the request are the client's own: a
 * configured one of these names is left out.
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

const requestHeaders = (configured: Record<string, string>): Record<string, string> => {
  const own = Object.entries(configured).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    ...neutralHeaders,
    ...Object.fromEntries(own.filter(([name]) => !framingHeaders.has(name))),
    'content-type': 'application/json',
  };
};

/** How one exchange ended; `again` where it may be repeated. */
type Exchange =
  | { kind: 'answer'; answer: Extract<OracleOutcome, { kind: 'answer' }>['answer'] }
  | {
      kind: 'failure';
      reason: OracleFailure['reason'];
      detail: string;
      httpAnswered: boolean;
      again?: { kind: 'reconnect' } | { kind: 'retry_after'; waitMs: number };
    };

/**
 * An oracle behind a URL (wire contract, "HTTP oracle"). No failure's detail holds a header, the URL, or a piece of
 * the answer. Redirects are not followed: the certified origin is the one that was named.
 */
export const httpOracle = (
  { fetch, sleep, now }: HttpOraclePorts,
  { url, headers, timeoutMs = 120_000, maxBytes = 1024 * 1024 }: HttpOracleOptions,
): Oracle => {
  const sentHeaders = requestHeaders(headers);

  const exchange = async (body: string, signal: AbortSignal | undefined): Promise<Exchange> => {
    const late = new AbortController();
    const ended = new AbortController();
    sleep(timeoutMs, ended.signal).then(
      () => late.abort(),
      () => undefined,
    );
    let httpAnswered = false;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: sentHeaders,
        body,
        redirect: 'manual',
        signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
      });
      httpAnswered = true;
      return await readResponse(response, maxBytes, now());
    } catch (error) {
      signal?.throwIfAborted();
      if (late.signal.aborted) {
        const what = httpAnswered ? 'The answer was not complete' : 'No answer came';
        return failure('timeout', `${what} within ${timeoutMs / 1000} seconds.`, httpAnswered);
      }
      const refusal = networkRuleRefusal(error);
      if (refusal !== null) return failure('refused_by_network_rule', refusal, httpAnswered);
      const { reason, detail } = connectionFault(error, httpAnswered);
      return { ...failure(reason, detail, httpAnswered), ...(httpAnswered ? {} : { again: reconnect }) };
    } finally {
      ended.abort();
    }
  };

  return {
    async ask(request: OracleRequest, signal?: AbortSignal): Promise<OracleOutcome> {
      const body = JSON.stringify(request);
      let reconnects = 0;
      let retries = 0;
      let waitedMs = 0;
      let everAnswered = false;
      for (;;) {
        signal?.throwIfAborted();
        const startedAt = now();
        const result = await exchange(body, signal);
        const latencyMs = Math.max(0, now() - startedAt);
        if (result.kind === 'answer') return { kind: 'answer', answer: result.answer, latencyMs, retries };
        everAnswered ||= result.httpAnswered;
        const { again, ...ended } = result;
        const outcome = { ...ended, httpAnswered: everAnswered, latencyMs, retries };
        if (again === undefined) return outcome;
        if (again.kind === 'reconnect') {
          const waitMs = reconnectWaitsMs[reconnects];
          if (waitMs === undefined) return outcome;
          reconnects += 1;
          await sleep(waitMs, signal);
        } else {
          const waitMs = Math.max(again.waitMs, minRetryAfterMs);
          if (waitedMs + waitMs > maxRetryAfterMs) {
            const bound = `more than the ${maxRetryAfterMs / 1000} seconds that are waited`;
            return { ...outcome, detail: `${outcome.detail} It asked to wait, in all ${bound}.` };
          }
          waitedMs += waitMs;
          await sleep(waitMs, signal);
        }
        retries += 1;
      }
    },
  };
};

const reconnect = { kind: 'reconnect' } as const;

const failure = (reason: OracleFailure['reason'], detail: string, httpAnswered: boolean) =>
  ({ kind: 'failure', reason, detail, httpAnswered }) as const;

async function readResponse(response: OracleResponse, maxBytes: number, nowMs: number): Promise<Exchange> {
  const { status } = response;
  if (status < 200 || status > 299) {
    await response.body?.cancel().catch(() => undefined);
    const redirected = status >= 300 && status < 400;
    const detail = redirected
      ? `The oracle answered ${status}, a redirect, which is not followed: give its final address.`
      : `The oracle answered ${status}.`;
    const failed = failure('status', detail, true);
    const waitMs =
      status === 429 || status === 503 ? retryAfterMs(response.headers.get('retry-after'), nowMs) : null;
    return waitMs === null ? failed : { ...failed, again: { kind: 'retry_after', waitMs } };
  }
  const bytes = await readBody(response, maxBytes);
  if (bytes === null) {
    return failure('too_large', `The answer is larger than ${maxBytes} bytes.`, true);
  }
  const read = parseOracleAnswer(bytes);
  return read.ok ? { kind: 'answer', answer: read.answer } : failure('malformed', read.detail, true);
}

/** The body as it came out of any content encoding, null where it is larger than allowed. */
async function readBody({ headers, body }: OracleResponse, maxBytes: number): Promise<Uint8Array | null> {
  if (body === null) return new Uint8Array();
  if (Number(headers.get('content-length')) > maxBytes) {
    await body.cancel().catch(() => undefined);
    return null;
  }
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done || value === undefined) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel().catch(() => undefined);
      return null;
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** `Retry-After` (RFC 9110, 10.2.3): whole seconds or an HTTP date; null where it is absent or neither. */
function retryAfterMs(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = /GMT$|^[A-Z][a-z]{2} [A-Z][a-z]{2} /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
