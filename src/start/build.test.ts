import { afterEach, expect, test, vi } from 'vitest';
import { tellingElapsed } from './build.ts';

afterEach(() => void vi.useRealTimers());

test('work that takes long says so every 15 seconds, until it ends or fails', async () => {
  vi.useFakeTimers();
  const told: number[] = [];
  const tell = (seconds: number) => void told.push(seconds);
  const work = Promise.withResolvers<string>();
  const done = tellingElapsed(tell, () => work.promise);
  await vi.advanceTimersByTimeAsync(50_000);
  expect(told).toEqual([15, 30, 45]);
  work.resolve('built');
  expect(await done).toBe('built');
  await expect(tellingElapsed(tell, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await vi.advanceTimersByTimeAsync(50_000);
  expect(told).toHaveLength(3);
  expect(vi.getTimerCount()).toBe(0);
});
