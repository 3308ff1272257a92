import { expect, test } from 'vitest';
import { latestOnly } from './ingest.ts';

test('of the messages that arrive while one is passed on only the last is passed on, and a fault stops nothing', async () => {
  const told: string[] = [];
  const gates: (() => void)[] = [];
  const news = latestOnly(async (message) => {
    told.push(message);
    await new Promise<void>((resolve) => gates.push(resolve));
    if (message === 'one') throw new Error('the database is away');
  });
  for (const message of ['one', 'two', 'three']) news.say(message);
  expect(told).toEqual(['one']);
  gates.shift()?.();
  await expect.poll(() => told).toEqual(['one', 'three']);
  gates.shift()?.();
  await news.settled();
  expect(told).toEqual(['one', 'three']);
});
