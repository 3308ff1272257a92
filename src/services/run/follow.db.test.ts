import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { Run } from '#contracts/run.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { startedRun } from '#testing/builders/started-run.ts';
import { watchRun } from '../pipeline/watch.ts';
import { cancelRun } from './cancel.ts';
import { followRun } from './follow.ts';

const started = async () => {
  const at = await startedRun();
  const note = (activity: string) =>
    at.db.update(verificationRuns).set({ activity }).where(eq(verificationRuns.id, at.runId));
  return { ...at, note };
};

/** What a follower is told, with the time of each. */
const collect = (following: AsyncGenerator<Run>) => {
  const seen: { run: Run; at: number }[] = [];
  const done = (async () => {
    for await (const run of following) seen.push({ run, at: performance.now() });
  })();
  return { seen, done };
};

test('who follows a run is told of each change within a second, and no more once it has ended', async () => {
  const { context, owner, runId, note } = await started();
  const { seen, done } = collect(followRun(context, owner, runId, new AbortController().signal));
  await expect.poll(() => seen.length).toBe(1);
  const changedAt = performance.now();
  await note('Reading');
  await expect.poll(() => seen.length, { interval: 20 }).toBe(2);
  expect((seen[1]?.at ?? Number.POSITIVE_INFINITY) - changedAt).toBeLessThan(1_000);
  await cancelRun(context, owner, runId);
  await done;
  expect(seen.map(({ run }) => run.status)).toEqual(['PENDING', 'PENDING', 'FAILED']);
});

test('many changes at once are told as the last of them', async () => {
  const { context, owner, runId, note } = await started();
  const { seen, done } = collect(followRun(context, owner, runId, new AbortController().signal));
  await expect.poll(() => seen.length).toBe(1);
  for (let change = 1; change <= 50; change += 1) await note(`Change ${change}`);
  await cancelRun(context, owner, runId);
  await done;
  expect(seen.length).toBeLessThan(15);
  expect(seen.at(-1)?.run.status).toBe('FAILED');
});

test('another’s run is followed by nobody else, and who leaves is told nothing more', async () => {
  const { context, owner, runId, note, user } = await started();
  const { done: refused } = collect(followRun(context, await user(), runId, new AbortController().signal));
  await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const leaving = new AbortController();
  const { seen, done } = collect(followRun(context, owner, runId, leaving.signal));
  await expect.poll(() => seen.length).toBe(1);
  leaving.abort();
  await done;
  await note('Later');
  expect(seen).toHaveLength(1);
});

test('who works on a run is stopped within two seconds of its end, whatever process ended it', async () => {
  const { context, owner, runId, note } = await started();
  const watched = watchRun(context, runId);
  await note('Working');
  expect(watched.signal.aborted).toBe(false);
  await cancelRun(context, owner, runId);
  await expect.poll(() => watched.signal.aborted, { timeout: 2_000 }).toBe(true);
  watched.stop();
});

test('one user holds a bounded number of connections, and who leaves makes room', async () => {
  const { context, owner, runId, user } = await started();
  const leaving = new AbortController();
  const many = Array.from({ length: 30 }, () => collect(followRun(context, owner, runId, leaving.signal)));
  // Each of them reads the run by itself.
  await expect.poll(() => many.every(({ seen }) => seen.length === 1), { timeout: 20_000 }).toBe(true);
  const next = () => collect(followRun(context, owner, runId, leaving.signal)).done;
  await expect(next()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  const other = await user();
  await expect(collect(followRun(context, other, runId, leaving.signal)).done).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  leaving.abort();
  await Promise.all(many.map(({ done }) => done));
  const after = new AbortController();
  const { seen, done } = collect(followRun(context, owner, runId, after.signal));
  await expect.poll(() => seen.length).toBe(1);
  after.abort();
  await done;
});
