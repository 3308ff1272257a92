import { retryAfterMs } from '#contracts/http.ts';
import type { LimitNews } from '../../model/limiter.ts';

const kinds = ['requests', 'input-tokens', 'output-tokens'] as const;
const limitStatuses = [429, 529];

/** Reads the API's limits from a response's status, `Retry-After` and the `anthropic-ratelimit-*` headers. */
export const limitNewsOf = (
  { status, headers }: { status: number; headers: Pick<Headers, 'get'> },
  now: number,
): LimitNews => {
  const isLimited = limitStatuses.includes(status);
  const remaining = (kind: (typeof kinds)[number]) => {
    const text = headers.get(`anthropic-ratelimit-${kind}-remaining`);
    return text !== null && /^\d+$/.test(text) ? Number(text) : null;
  };
  const ends = [
    ...(isLimited ? [now + (retryAfterMs(headers, now) ?? Number.NaN)] : []),
    ...kinds
      .filter((kind) => remaining(kind) === 0)
      .map((kind) => Date.parse(headers.get(`anthropic-ratelimit-${kind}-reset`) ?? '')),
  ].filter((time) => !Number.isNaN(time));
  return {
    outcome: isLimited ? 'limited' : status < 400 ? 'answered' : 'failed',
    callsLeft: remaining('requests'),
    closedUntil: ends.length === 0 ? null : Math.max(...ends),
  };
};
