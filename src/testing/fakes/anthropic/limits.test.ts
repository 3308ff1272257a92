import Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { anthropicRig, paramsOf } from '../../rigs/anthropic-rig.ts';
import type { AnthropicFakeOptions } from './anthropic-fake.ts';

const start = (options: AnthropicFakeOptions = {}) =>
  anthropicRig({ behave: () => ({ kind: 'text', text: '{}' }), ...options });

const hello = paramsOf('Hello');

test('the headers say how much of each limit remains and when it is full again', async () => {
  const at = Date.UTC(2026, 0, 1);
  const { sdk } = await start({ requestsPerMinute: 60, now: () => at });
  const { response } = await sdk().messages.create(hello).withResponse();
  const headers = Object.fromEntries(
    [...response.headers].filter(([name]) => name.startsWith('anthropic-ratelimit-')),
  );
  // One of 60 a minute is back after a second; 2 of 2,000,000 tokens after 0.06 ms, 1 of 400,000 after 0.15 ms.
  expect(headers).toEqual({
    'anthropic-ratelimit-requests-limit': '60',
    'anthropic-ratelimit-requests-remaining': '59',
    'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:01.000Z',
    'anthropic-ratelimit-input-tokens-limit': '2000000',
    'anthropic-ratelimit-input-tokens-remaining': '2000000',
    'anthropic-ratelimit-input-tokens-reset': '2026-01-01T00:00:00.000Z',
    'anthropic-ratelimit-output-tokens-limit': '400000',
    'anthropic-ratelimit-output-tokens-remaining': '400000',
    'anthropic-ratelimit-output-tokens-reset': '2026-01-01T00:00:00.000Z',
  });
});

test('requests beyond the limit per minute are rejected until the bucket has refilled', async () => {
  let ms = 0;
  const { fake, sdk } = await start({ requestsPerMinute: 2, now: () => ms });
  const client = sdk();
  await client.messages.create(hello);
  await client.messages.create(hello);
  // Two a minute: the next one after 30 seconds.
  await expect(client.messages.create(hello)).rejects.toMatchObject({
    status: 429,
    type: 'rate_limit_error',
    headers: expect.toSatisfy((headers: Headers) => headers.get('retry-after') === '30'),
  });
  ms = 29_999;
  await expect(client.messages.create(hello)).rejects.toThrow(Anthropic.RateLimitError);
  ms = 30_000;
  await client.messages.create(hello);
  expect([fake.requests.length, fake.rateLimited]).toEqual([3, 2]);
});

test('messages beyond the concurrency limit are rejected, and an answer frees a place at once', async () => {
  // Answers only once a message was rejected, so that the others are surely open at that moment.
  let rejected = Promise.withResolvers<unknown>();
  const { fake, sdk } = await start({
    maxConcurrent: 2,
    behave: async () => {
      await rejected.promise;
      return { kind: 'text', text: '{}' };
    },
  });
  const client = sdk();
  const askThree = () => {
    rejected = Promise.withResolvers<unknown>();
    const asked = [1, 2, 3].map(() => client.messages.create(hello));
    Promise.all(asked).catch(rejected.resolve);
    return Promise.allSettled(asked);
  };
  const outcomes = await askThree();
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  const refused = outcomes.find((outcome) => outcome.status === 'rejected');
  expect(refused?.reason).toMatchObject({ status: 429, type: 'rate_limit_error' });
  expect(refused?.reason.headers.get('retry-after')).toBe('1');
  for (const _ of [1, 2, 3]) await client.messages.create(hello);
  expect([fake.peakConcurrency, fake.rateLimited]).toEqual([3, 1]);
  await askThree();
  expect([fake.peakConcurrency, fake.rateLimited]).toEqual([3, 2]);
});

test('a message whose client hung up occupies no place', async () => {
  const hangUp = new AbortController();
  const { sdk } = await start({
    maxConcurrent: 1,
    behave: (_, count) => {
      if (count > 0) return { kind: 'text', text: '{}' };
      hangUp.abort();
      return { kind: 'timeout' };
    },
  });
  const client = sdk();
  await expect(client.messages.create(hello, { signal: hangUp.signal })).rejects.toThrow(
    Anthropic.APIUserAbortError,
  );
  await expect.poll(() => client.messages.create(hello).then(() => 'answered')).toBe('answered');
});
