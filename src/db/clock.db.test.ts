import { expect, onTestFinished, test, vi } from 'vitest';
import { testDatabase } from '#testing/rigs/database.ts';
import { openDatabase } from './client.ts';
import { openDatabaseClock } from './clock.ts';

const dayMs = 24 * 60 * 60_000;

const opened = async () => {
  const { databaseUrl, close } = await testDatabase();
  onTestFinished(close);
  const { sql, close: closePool } = openDatabase(databaseUrl, { max: 1 });
  onTestFinished(closePool);
  const clock = openDatabaseClock(sql);
  onTestFinished(clock.close);
  return clock;
};

/** Sets this process's clock. Timers and the database keep theirs. */
const setClock = (aheadMs: number) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + aheadMs });
  onTestFinished(() => void vi.useRealTimers());
};

test.each([
  ['200 days ahead', 200 * dayMs],
  ['an hour ahead', 60 * 60_000],
  ['two hours behind', -2 * 60 * 60_000],
])('a process whose clock is set %s keeps the database’s time', async (_, aheadMs) => {
  const clock = await opened();
  const { database } = await clock.read();
  const since = performance.now();
  setClock(aheadMs);
  const passedMs = () => performance.now() - since;
  expect(Math.abs(clock.now().getTime() - database.getTime() - passedMs())).toBeLessThan(1_000);
  const clocks = await clock.read();
  expect(Math.abs(clocks.database.getTime() - database.getTime() - passedMs())).toBeLessThan(1_000);
  expect(Math.abs(clocks.process.getTime() - clocks.database.getTime() - aheadMs)).toBeLessThan(30_000);
});

test('a process that starts with a wrong clock has the database’s time from its first reading on', async () => {
  const before = Date.now();
  setClock(60 * 60_000);
  const clock = await opened();
  await clock.read();
  expect(clock.now().getTime() - before).toBeLessThan(10 * 60_000);
});
