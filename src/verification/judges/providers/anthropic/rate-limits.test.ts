import { expect, test } from 'vitest';
import { limitNewsOf } from './rate-limits.ts';

const now = 1_000_000;
const newsOf = (status: number, headers: Record<string, string> = {}) =>
  limitNewsOf({ status, headers: new Headers(headers) }, now);

test.each([
  [200, 'answered'],
  [429, 'limited'],
  [529, 'limited'],
  [400, 'failed'],
  [500, 'failed'],
])('a response of status %i counts as %s', (status, outcome) => {
  expect(newsOf(status)).toMatchObject({ outcome, callsLeft: null });
});

test('a refusal closes the API for as long as Retry-After says', () => {
  expect(newsOf(429, { 'retry-after': '7' }).closedUntil).toBe(now + 7000);
  expect(newsOf(200, { 'retry-after': '7' }).closedUntil).toBeNull();
  const date = 'Wed, 21 Oct 2099 07:28:00 GMT';
  expect(newsOf(529, { 'retry-after': date }).closedUntil).toBe(Date.parse(date));
});

test('an exhausted limit closes the API until its reset, and of several the latest counts', () => {
  const reset = (ms: number) => new Date(now + ms).toISOString();
  expect(
    newsOf(200, {
      'anthropic-ratelimit-requests-remaining': '3',
      'anthropic-ratelimit-requests-reset': reset(9000),
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': reset(4000),
      'anthropic-ratelimit-output-tokens-remaining': '0',
      'anthropic-ratelimit-output-tokens-reset': reset(5000),
    }),
  ).toEqual({ outcome: 'answered', callsLeft: 3, closedUntil: now + 5000 });
});

test('a header that is neither a number nor a time is ignored', () => {
  expect(
    newsOf(200, {
      'anthropic-ratelimit-requests-remaining': 'many',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': 'soon',
    }),
  ).toEqual({ outcome: 'answered', callsLeft: null, closedUntil: null });
  expect(newsOf(429, { 'retry-after': 'soon' }).closedUntil).toBeNull();
});
