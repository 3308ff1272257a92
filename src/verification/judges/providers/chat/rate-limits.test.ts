import { expect, test } from 'vitest';
import { chatLimitNewsOf } from './rate-limits.ts';

const now = 1_790_000_000_000;
const newsOf = (status: number, headers: Record<string, string> = {}) =>
  chatLimitNewsOf({ status, headers: new Headers(headers) }, now);

test.each([
  [200, 'answered'],
  [429, 'limited'],
  [503, 'limited'],
  [529, 'limited'],
  [400, 'failed'],
  [500, 'failed'],
])('a response of status %i counts as %s', (status, outcome) => {
  expect(newsOf(status)).toEqual({ outcome, callsLeft: null, closedUntil: null });
});

test.each([
  [{ 'retry-after': '7' }, 7000],
  [{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
  [{ 'retry-after': 'soon' }, null],
])('a refusal closes the endpoint for as long as it says: %j', (headers, waitMs) => {
  expect(newsOf(429, headers).closedUntil).toBe(waitMs === null ? null : now + waitMs);
  expect(newsOf(200, headers).closedUntil).toBeNull();
});

test.each([
  ['1s', 1000],
  ['6m0s', 360_000],
  ['2m59.56s', 179_560],
  ['120ms', 120],
  ['1h2m3s', 3_723_000],
  ['30', 30_000],
  [String(now + 5000), 5000],
  [String(now / 1000 + 5), 5000],
  [new Date(now + 9000).toISOString(), 9000],
  ['soon', null],
])('a used-up limit ends when its reset says, in whatever form: %s', (reset, waitMs) => {
  const { closedUntil } = newsOf(200, {
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': reset,
  });
  if (waitMs === null) expect(closedUntil).toBeNull();
  else expect(closedUntil).toBeCloseTo(now + waitMs, 3);
});

test('of several limits the latest counts, and calls left are those of the tightest', () => {
  expect(
    newsOf(200, {
      'x-ratelimit-remaining-requests': '12',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '8s',
      'x-ratelimit-remaining': '3',
      'x-ratelimit-reset': '4',
    }),
  ).toEqual({ outcome: 'answered', callsLeft: 3, closedUntil: now + 8000 });
});
