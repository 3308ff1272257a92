import { expect, test } from 'vitest';
import { groundTruthRecords, groundTruthSnapshots } from '#db/schema/ground-truths.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { eventually } from './eventually.ts';
import { openFleet } from './open-fleet.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const within = { withinMs: 600_000 };

/** A worker process for each of these clocks, by how far it is ahead of the true time, and a run of so many replays. */
const openClocks = async (aheadMs: number[], replays: number, more: Record<string, string> = {}) => {
  const { db, outside, start, accept, ended } = await openFleet({
    workers: aheadMs.length,
    changes: [replays],
  });
  const workers = await start(more);
  for (const [place, worker] of workers.entries()) await worker.moveClock(aheadMs[place] ?? 0);
  const complete = async () => {
    const { status, error } = await ended(await accept(0, { minReplays: replays }));
    expect([status, error]).toEqual(['COMPLETED', null]);
  };
  return { db, outside, workers, complete };
};

const perMinute = 12;

test.each([
  ['ahead', hourMs],
  ['behind', -hourMs],
])(
  'a worker whose clock is an hour %s keeps a rate limit with another, and neither waits longer for it',
  async (_, movedMs) => {
    const replays = perMinute + 6;
    const { outside, complete } = await openClocks([0, movedMs], replays, {
      ORACLE_MAX_PER_MINUTE: String(perMinute),
    });
    await complete();
    const asked = outside.calls.filter(({ question }) => question.startsWith('oracle'));
    expect(asked).toHaveLength(replays);
    // Both clocks took part.
    expect(new Set(asked.map(({ worker }) => worker))).toEqual(new Set([0, 1]));
    const times = asked.map(({ from }) => from).toSorted((a, b) => a - b);
    const betweenMs = (from: number, until: number) => (times[until] ?? 0) - (times[from] ?? 0);
    // A slot is taken before its call arrives, and on a busy machine the call that closes a minute may be the late one.
    for (let first = 0; first + perMinute < replays; first += 1)
      expect(betweenMs(first, first + perMinute)).toBeGreaterThan(50_000);
    // What waits for a slot asks again within a minute. By the wrong clock it would be an hour.
    for (let call = 1; call < replays; call += 1) expect(betweenMs(call - 1, call)).toBeLessThan(180_000);
  },
  1_200_000,
);

test('a worker whose clock is 200 days ahead for a while deletes nothing', async () => {
  const { db, workers, complete } = await openClocks([0], 3);
  await complete();
  const kept = () =>
    Promise.all([
      db.$count(verificationReplays),
      db.$count(groundTruthRecords),
      db.$count(groundTruthSnapshots),
    ]);
  const before = await kept();
  expect(before).toEqual([3, 3, 1]);
  const [worker] = workers;
  await worker?.moveClock(200 * dayMs);
  await eventually(
    'Housekeeping by the wrong clock',
    async () => worker?.said() ?? '',
    (said) => said.includes('Nothing is deleted: the clocks'),
    within,
  );
  await worker?.moveClock(0);
  expect(await kept()).toEqual(before);
}, 1_200_000);
