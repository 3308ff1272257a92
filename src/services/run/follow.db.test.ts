import { eq } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import type { Run } from '#contracts/run.ts';
import { openRunChanges } from '#db/run-changes.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { startedRun } from '#testing/builders/started-run.ts';
import { watchRun } from '../pipeline/watch.ts';
import { cancelRun } from './cancel.ts';
import { followRun } from './follow.ts';

/** A run whose changes are noticed only through Postgres's notifications: the next look at it is an hour away. */
const started = async () => {
  const at = await startedRun();
  const runChanges = openRunChanges(at.database.databaseUrl, { lookAgainMs: 3_600_000 });
  onTestFinished(runChanges.close);
  const note = (activity: string) =>
    at.db.update(verificationRuns).set({ activity }).where(eq(verificationRuns.id, at.runId));
  return { ...at, context: { ...at.context, runChanges }, note };
};

/** What a follower receives. */
const collect = (following: AsyncGenerator<Run>) => {
  const seen: Run[] = [];
  const done = (async () => {
    for await (const run of following) seen.push(run);
  })();
  return { seen, done };
};

test('a follower of a run sees each change as it is made, and nothing more once it has ended', async () => {
  const { context, owner, runId, note } = await started();
  const { seen, done } = collect(followRun(context, owner, runId, new AbortController().signal));
  await expect.poll(() => seen.length).toBe(1);
  await note('Reading');
  await expect.poll(() => seen.length).toBe(2);
  await cancelRun(context, owner, runId);
  await done;
  expect(seen.map(({ status }) => status)).toEqual(['PENDING', 'PENDING', 'FAILED']);
});

test('many changes at once are reported as the last of them', async () => {
  const { context, owner, runId, note } = await started();
  const startedAt = performance.now();
  const { seen, done } = collect(followRun(context, owner, runId, new AbortController().signal));
  await expect.poll(() => seen.length).toBe(1);
  for (let change = 1; change <= 50; change += 1) await note(`Change ${change}`);
  await cancelRun(context, owner, runId);
  await done;
  // The first, and one in each quarter of a second since; a timer may fire a millisecond early.
  expect(seen.length).toBeLessThanOrEqual(2 + (performance.now() - startedAt) / 249);
  expect(seen.at(-1)?.status).toBe('FAILED');
});

test('another user’s run cannot be followed, and a follower who leaves gets nothing more', async () => {
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

test('work on a run stops when the run is ended, whichever process ends it', async () => {
  const { context, owner, runId, note } = await started();
  const watched = watchRun(context, runId);
  await note('Working');
  expect(watched.signal.aborted).toBe(false);
  await cancelRun(context, owner, runId);
  await expect.poll(() => watched.signal.aborted).toBe(true);
  watched.stop();
});

test('one user holds a bounded number of connections, and leaving frees one', async () => {
  const { context, owner, runId, user } = await started();
  const leaving = new AbortController();
  const many = Array.from({ length: 30 }, () => collect(followRun(context, owner, runId, leaving.signal)));
  // Each of them reads the run separately.
  await expect.poll(() => many.every(({ seen }) => seen.length === 1)).toBe(true);
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
