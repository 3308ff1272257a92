import { expect, test } from 'vitest';
import { createLimiter, type LimitNews } from './limiter.ts';

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
  const observe = (outcome: LimitNews['outcome'], told: Partial<LimitNews> = {}) =>
    limiter.observe({ outcome, callsLeft: null, closedUntil: null, ...told });
  return { limiter, observe, sleeps, at: () => clock };
};

/** Lets every call run that can. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('no more calls than the limit are under way, and each that ends lets the next one in, in order', async () => {
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

test('a burst of refusals halves the limit once, and answers raise it again', async () => {
  const { limiter, observe } = limiterAt();
  await Promise.all(Array.from({ length: 8 }, () => limiter.enter()));
  expect(limiter.limit()).toBe(8);
  for (let count = 0; count < 8; count += 1) observe('limited');
  expect(limiter.limit()).toBe(4);
  observe('limited');
  expect(limiter.limit()).toBe(2);
  for (let count = 0; count < 200; count += 1) observe('answered');
  expect(limiter.limit()).toBeGreaterThan(15);
});

test('the limit never falls below one call, and never rises above the most', () => {
  const { limiter, observe } = limiterAt(10);
  for (let count = 0; count < 100; count += 1) observe('limited');
  expect(limiter.limit()).toBe(1);
  for (let count = 0; count < 1000; count += 1) observe('answered');
  expect(limiter.limit()).toBe(10);
});

test('an error that reports no limit changes nothing', () => {
  const { limiter, observe } = limiterAt();
  observe('failed');
  expect(limiter.limit()).toBe(8);
});

test('the limiter lets through as many calls as the API still accepts, and no call before it accepts them again', async () => {
  const { limiter, observe, sleeps, at } = limiterAt();
  observe('answered', { callsLeft: 3 });
  expect(limiter.limit()).toBe(3);
  observe('limited', { closedUntil: at() + 7000 });
  // A later answer with an earlier end does not shorten the pause.
  observe('answered', { closedUntil: at() + 4000 });
  await limiter.enter();
  expect(sleeps).toEqual([7000]);
});

test('an API that says it is closed for a day delays a call by at most a minute', async () => {
  const { limiter, observe, sleeps, at } = limiterAt();
  observe('answered', { closedUntil: at() - 1 });
  await limiter.enter();
  expect(sleeps).toEqual([]);
  observe('limited', { closedUntil: at() + 86_400_000 });
  await limiter.enter();
  expect(sleeps).toEqual([60_000]);
});

test('a call that gives up waiting leaves its place and takes no slot', async () => {
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
