import { retryAfterMs } from '#contracts/http.ts';
import type { LimitNews } from '../../model/limiter.ts';

type Headers = { get(name: string): string | null };

const limitStatuses = [429, 503, 529];

const unitMs: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** A duration as OpenAI and Groq write it: `6m0s`, `2m59.56s`, `120ms`. Null if it is none. */
const durationMs = (text: string): number | null =>
  /^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(text)
    ? [...text.matchAll(/([\d.]+)(ms|[dhms])/g)].reduce(
        (total, [, count, unit = '']) => total + Number(count) * (unitMs[unit] ?? 0),
        0,
      )
    : null;

/** From here on a number of seconds or milliseconds is a time since the epoch, and below it one to wait. */
const leastEpochSeconds = 1e9;
const leastEpochMs = 1e12;

/** When a limit ends, in milliseconds since the epoch: servers write a duration, seconds, or either time. */
const endOf = (text: string, now: number): number | null => {
  const duration = durationMs(text);
  if (duration !== null) return now + duration;
  if (/^\d+(?:\.\d+)?$/.test(text)) {
    const number = Number(text);
    if (number >= leastEpochMs) return number;
    return number >= leastEpochSeconds ? number * 1000 : now + number * 1000;
  }
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
};

/** Pairs of headers: how much is left, and when the limit is reset. The last two pairs have one for everything. */
const limits = [
  ['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  ['x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
  ['x-ratelimit-remaining', 'x-ratelimit-reset'],
  ['ratelimit-remaining', 'ratelimit-reset'],
] as const;
const countsCalls = new Set<string>([limits[0][0], limits[2][0], limits[3][0]]);

const wholeNumberIn = (headers: Headers, name: string): number | null => {
  const text = headers.get(name)?.trim() ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
};

/** How long to wait by `Retry-After` or its more exact form in milliseconds. */
const waitMs = (headers: Headers, now: number): number | null =>
  wholeNumberIn(headers, 'retry-after-ms') ?? retryAfterMs(headers, now);

/** Reads an endpoint's limits from a response's status, `Retry-After` and the headers that servers use for them. */
export const chatLimitNewsOf = (
  { status, headers }: { status: number; headers: Headers },
  now: number,
): LimitNews => {
  const isLimited = limitStatuses.includes(status);
  const wait = isLimited ? waitMs(headers, now) : null;
  const ends = [
    ...(wait === null ? [] : [now + wait]),
    ...limits.flatMap(([remaining, reset]) => {
      const end =
        wholeNumberIn(headers, remaining) === 0 ? endOf(headers.get(reset)?.trim() ?? '', now) : null;
      return end === null ? [] : [end];
    }),
  ];
  const callsLeft = limits.flatMap(([remaining]) => {
    const left = countsCalls.has(remaining) ? wholeNumberIn(headers, remaining) : null;
    return left === null ? [] : [left];
  });
  return {
    outcome: isLimited ? 'limited' : status < 400 ? 'answered' : 'failed',
    callsLeft: callsLeft.length === 0 ? null : Math.min(...callsLeft),
    closedUntil: ends.length === 0 ? null : Math.max(...ends),
  };
};
