import { expect, test } from 'vitest';
import { createLimiter } from './limiter.ts';

const limiterAt = (most = 64) => {
  let clock = 1_000_000;
  const sleeps: number[] = [];
  const limiter = createLimiter({
    most,
    now: () => clock,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      clock += ms;
    },
  });
  const observe = (status: number, headers: Record<string, string> = {}) =>
    limiter.observe({ status, headers: new Headers(headers) });
  return { limiter, observe, sleeps, at: () => clock };
};

/** Lets what can go on go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('no more calls than the limit are under way, and each that ends lets the next in, in their order', async () => {
  const { limiter } = limiterAt(2);
  const order: number[] = [];
  const enter = async (number: number) => {
    const leave = await limiter.enter();
    order.push(number);
    return leave;
  };
  const calls = [1, 2, 3, 4].map(enter);
  await settled();
  expect(order).toEqual([1, 2]);
  (await calls[1])?.();
  await settled();
  expect(order).toEqual([1, 2, 3]);
  const leaveThird = await calls[2];
  leaveThird?.();
  leaveThird?.();
  await settled();
  expect(order).toEqual([1, 2, 3, 4]);
});

test.each([429, 529])('a burst of %i halves the limit once, and answers raise it again', async (status) => {
  const { limiter, observe } = limiterAt();
  await Promise.all(Array.from({ length: 8 }, () => limiter.enter()));
  expect(limiter.limit()).toBe(8);
  for (let count = 0; count < 8; count += 1) observe(status);
  expect(limiter.limit()).toBe(4);
  observe(status);
  expect(limiter.limit()).toBe(2);
  for (let count = 0; count < 200; count += 1) observe(200);
  expect(limiter.limit()).toBeGreaterThan(15);
});

test('the limit never falls below one call, and never rises above the most', () => {
  const { limiter, observe } = limiterAt(10);
  for (let count = 0; count < 100; count += 1) observe(429);
  expect(limiter.limit()).toBe(1);
  for (let count = 0; count < 1000; count += 1) observe(200);
  expect(limiter.limit()).toBe(10);
});

test('an error that is no limit changes nothing', () => {
  const { limiter, observe } = limiterAt();
  observe(500);
  observe(400);
  expect(limiter.limit()).toBe(8);
});

test('nobody is let through before the time that Retry-After names', async () => {
  const { limiter, observe, sleeps } = limiterAt();
  observe(429, { 'retry-after': '7' });
  await limiter.enter();
  expect(sleeps).toEqual([7000]);
});

test('no more calls are let through than requests remain, and none before the reset where none do', async () => {
  const { limiter, observe, sleeps, at } = limiterAt();
  observe(200, { 'anthropic-ratelimit-requests-remaining': '3' });
  expect(limiter.limit()).toBe(3);
  observe(200, {
    'anthropic-ratelimit-input-tokens-remaining': '0',
    'anthropic-ratelimit-input-tokens-reset': new Date(at() + 4000).toISOString(),
  });
  await limiter.enter();
  expect(sleeps).toEqual([4000]);
});

test('a header that says nothing readable holds nobody', async () => {
  const { limiter, observe, sleeps } = limiterAt();
  observe(429, { 'retry-after': 'soon' });
  observe(200, { 'anthropic-ratelimit-requests-remaining': 'many' });
  await limiter.enter();
  expect(sleeps).toEqual([]);
});

test.each(['86400', 'Wed, 21 Oct 2099 07:28:00 GMT'])(
  'a reset that lies far away holds nobody for long: %s',
  async (retryAfter) => {
    const { limiter, observe, sleeps } = limiterAt();
    observe(429, { 'retry-after': retryAfter });
    await limiter.enter();
    expect(sleeps).toEqual([60_000]);
  },
);

test('who gives up waiting leaves its place, and takes no slot', async () => {
  const { limiter } = limiterAt(1);
  const leave = await limiter.enter();
  const abort = new AbortController();
  const given = limiter.enter(abort.signal);
  const next = limiter.enter();
  abort.abort(new Error('gone'));
  await expect(given).rejects.toThrow('gone');
  leave();
  await expect(next).resolves.toBeTypeOf('function');
});
