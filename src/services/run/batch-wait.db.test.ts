import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { Run } from '#contracts/run.ts';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import { ingestRun } from '../pipeline/ingest.ts';
import { noteReplayBegun } from '../state/transitions.ts';
import { cancelRun } from './cancel.ts';
import { createRun } from './create.ts';
import { followRun } from './follow.ts';
import { getRun } from './get.ts';
import { listRuns } from './list.ts';

const sentAt = new Date('2026-11-24T10:05:00Z');

/** A run whose first replay has begun, with calls in the states that a worker would have put them in. */
const started = async ({ economy = true } = {}) => {
  const rig = await testRig();
  const { context, db } = rig;
  const owner = await rig.user();
  const { runId } = await createRun(context, owner, runRequest({ judge: 'anthropic', economy }));
  await ingestRun(context, { runId });
  await noteReplayBegun(db, runId);
  const [replay] = await db
    .select({ id: verificationReplays.id })
    .from(verificationReplays)
    .where(eq(verificationReplays.runId, runId));
  const call = (name: string, values: Partial<typeof judgeBatchItems.$inferInsert>) =>
    db.insert(judgeBatchItems).values({
      runId,
      replayId: replay?.id ?? '',
      call: name,
      spendId: randomUUID(),
      request: {},
      ...values,
    });
  return { ...rig, owner, runId, call, run: () => getRun(context, owner, runId) };
};

test('a run says that it is judged in batches, and what it waits for while its calls wait', async () => {
  const { context, db, owner, call, run } = await started();
  expect(await run()).toMatchObject({ economy: true, batch: null });
  await call('a', { state: 'queued' });
  expect(await run()).toMatchObject({
    batch: { queued: 1, sent: 0, sentAt: null },
    activity: expect.stringContaining('Gathering'),
  });
  await call('b', { state: 'submitted', batchId: 'one', submittedAt: sentAt });
  await call('c', { state: 'submitting', submittedAt: new Date(sentAt.getTime() + 60_000) });
  await call('d', { state: 'done', request: null, reply: {}, batchId: 'zero', submittedAt: new Date(0) });
  await call('e', { state: 'single', request: null, batchId: 'zero', submittedAt: new Date(0) });
  const waiting = await run();
  expect(waiting.batch).toEqual({ queued: 1, sent: 2, sentAt: sentAt.toISOString() });
  expect(waiting.activity).toMatch(/^Waiting for 2 batches of 2 calls in all.* 2026-11-24 10:05 UTC/);
  expect((await listRuns(context, owner, { limit: 20, offset: 0 })).runs).toEqual([waiting]);
  await db.update(judgeBatchItems).set({ state: 'done', request: null, reply: {} });
  expect(await run()).toMatchObject({ batch: null, activity: null });
});

test('a cancelled run still says that a sent batch will be charged', async () => {
  const { context, owner, runId, call } = await started();
  await call('a', { state: 'submitted', batchId: 'one', submittedAt: sentAt });
  expect(await cancelRun(context, owner, runId)).toMatchObject({
    status: 'FAILED',
    activity: null,
    costUsd: 0,
    batch: { sent: 1, sentAt: sentAt.toISOString() },
  });
});

test('a run that is judged call by call waits for no batch', async () => {
  const { run } = await started({ economy: false });
  expect(await run()).toMatchObject({ economy: false, batch: null });
});

test('a follower of a run learns that its calls were sent, though the run itself did not change', async () => {
  const { context, owner, runId, call } = await started();
  const leaving = new AbortController();
  const seen: Run[] = [];
  const following = (async () => {
    for await (const run of followRun(context, owner, runId, leaving.signal)) seen.push(run);
  })();
  await expect.poll(() => seen.length).toBe(1);
  await call('a', { state: 'submitted', batchId: 'one', submittedAt: sentAt });
  await expect.poll(() => seen.at(-1)?.batch).toMatchObject({ sent: 1 });
  leaving.abort();
  await following;
});
