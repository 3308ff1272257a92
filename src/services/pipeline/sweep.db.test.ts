import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { workers } from '#db/schema/workers.ts';
import { installQueues } from '#queue/install.ts';
import { openSender } from '#queue/pg-boss.ts';
import { runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import { callCost } from '#testing/rigs/scripted-judge.ts';
import { bookCall } from '../calls/spend.ts';
import type { Actor } from '../ground/context.ts';
import { createRun } from '../run/create.ts';
import { getRun } from '../run/get.ts';
import { announceWorker, liveWorkers } from '../state/workers.ts';
import { advanceReplay } from './advance-replay.ts';
import { ingestRun } from './ingest.ts';
import { sweepBounds, sweepRuns } from './sweep.ts';

let rig: Awaited<ReturnType<typeof testRig>>;
let queue: ReturnType<typeof openSender>;
let owner: Actor;
let runId: string;

beforeEach(async () => {
  rig = await testRig();
  await installQueues(rig.database.databaseUrl);
  queue = openSender(rig.db);
  onTestFinished(queue.close);
  owner = await rig.user();
  runId = (await createRun(context(), owner, runRequest({ limit: 2, minReplays: 2 }))).runId;
});

/** The rig with pg-boss as its queue. */
const context = () => ({ ...rig.context, sender: queue.sender });
const jobs = async () => {
  const rows = await rig.db.execute<{ name: string }>(
    sql`select name from pgboss.job where state = 'created' order by name`,
  );
  return rows.map(({ name }) => name);
};
const loseJobs = () => rig.db.execute(sql`delete from pgboss.job`);
const sweep = () => sweepRuns(context());
const rested = () => rig.wait(sweepBounds.restMs + 1_000);

test('a run that lost its job gets the one its state calls for, once', async () => {
  await loseJobs();
  rested();
  await Promise.all([sweep(), sweep()]);
  await sweep();
  expect(await jobs()).toEqual(['ingest-run']);

  await ingestRun(context(), { runId });
  await loseJobs();
  rested();
  await sweep();
  expect(await jobs()).toEqual(['score-replay', 'score-replay']);

  for (const { id } of await rig.db.select().from(verificationReplays))
    await advanceReplay(context(), { runId, replayId: id });
  expect(await getRun(context(), owner, runId)).toMatchObject({ status: 'CERTIFYING' });
  await loseJobs();
  rested();
  await sweep();
  expect(await jobs()).toEqual(['certify-run']);
});

test('a run whose replays have all ended, but which was not advanced, is certified', async () => {
  await ingestRun(context(), { runId });
  await loseJobs();
  await rig.db
    .update(verificationReplays)
    .set({ state: 'ended', outcome: 'unscored', endedAt: rig.context.now() });
  rested();
  await sweep();
  expect(await getRun(context(), owner, runId)).toMatchObject({ status: 'CERTIFYING' });
  expect(await jobs()).toEqual(['certify-run']);
});

test('a run that is worked on, rests only briefly or has ended is left alone', async () => {
  rested();
  await sweep();
  expect(await jobs()).toEqual(['ingest-run']);
  await rig.db.execute(sql`update pgboss.job set state = 'active'`);
  await sweep();
  expect(await jobs()).toEqual([]);

  await loseJobs();
  await rig.db.update(verificationRuns).set({ updatedAt: rig.context.now() });
  await sweep();
  expect(await jobs()).toEqual([]);

  await rig.db
    .update(verificationRuns)
    .set({ status: 'FAILED', error: 'Over.' })
    .where(eq(verificationRuns.id, runId));
  rested();
  await sweep();
  expect(await jobs()).toEqual([]);
});

test('a run that nothing could end within a week fails', async () => {
  await loseJobs();
  rig.wait(sweepBounds.abandonMs + 1_000);
  await sweep();
  expect(await getRun(context(), owner, runId)).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('for a week'),
  });
  expect(await jobs()).toEqual([]);
});

/** Lets a call of each of these replays wait for its batch. */
const awaitBatch = async (replayIds: string[]) => {
  await rig.db.insert(judgeBatchItems).values(
    replayIds.map((replayId) => ({
      replayId,
      runId,
      call: 'first/precision',
      state: 'submitted' as const,
      request: {},
      batchId: 'one',
      spendId: randomUUID(),
      submittedAt: rig.context.now(),
      createdAt: rig.context.now(),
    })),
  );
};

test('waiting for a batch excuses its own replays and no others of their run', async () => {
  await ingestRun(context(), { runId });
  await loseJobs();
  const [waiting, lost] = await rig.db.select().from(verificationReplays);
  await awaitBatch([waiting?.id ?? '']);
  rested();
  await sweep();
  const queued = await rig.db.execute<{ replay: string }>(
    sql`select data ->> 'replayId' as replay from pgboss.job`,
  );
  expect(queued.map(({ replay }) => replay)).toEqual([lost?.id]);
});

test('a call that no batch has answered for 48 hours is given up, and its replay continues without it', async () => {
  await ingestRun(context(), { runId });
  await loseJobs();
  const replays = await rig.db.select().from(verificationReplays);
  await awaitBatch(replays.map(({ id }) => id));
  const states = async () => (await rig.db.select().from(judgeBatchItems)).map(({ state }) => state);
  rig.wait(sweepBounds.batchMs - 1_000);
  await sweep();
  expect([await states(), await jobs()]).toEqual([['submitted', 'submitted'], []]);
  rig.wait(2_000);
  await sweep();
  expect([await states(), await jobs()]).toEqual([
    ['single', 'single'],
    ['score-replay', 'score-replay'],
  ]);
});

test('of calls that are given up, only those that were never sent get their bookings released', async () => {
  await ingestRun(context(), { runId });
  const [replay] = await rig.db.select().from(verificationReplays);
  for (const state of ['queued', 'submitting', 'submitted'] as const) {
    const spendId = randomUUID();
    await bookCall(context(), { runId, limitUsd: null }, callCost(1), { by: 'batch', id: spendId });
    const createdAt = rig.context.now();
    const sent = state === 'queued' ? {} : { batchId: 'one', submittedAt: createdAt };
    await rig.db.insert(judgeBatchItems).values({
      replayId: replay?.id ?? '',
      runId,
      call: state,
      state,
      request: {},
      spendId,
      createdAt,
      ...sent,
    });
  }
  rig.wait(sweepBounds.batchMs + 1_000);
  await sweep();
  const items = await rig.db.select().from(judgeBatchItems);
  expect(items.map(({ state, request }) => [state, request])).toEqual(items.map(() => ['single', null]));
  const booked = new Set((await rig.db.select().from(judgeSpend)).map(({ id }) => id));
  const stillBooked = items.filter(({ spendId }) => booked.has(spendId));
  expect(stillBooked.map(({ call }) => call).sort()).toEqual(['submitted', 'submitting']);
});

test('a run that waits for a batch fails after a week like any other', async () => {
  await ingestRun(context(), { runId });
  await loseJobs();
  rig.wait(sweepBounds.abandonMs + 1_000);
  const replays = await rig.db.select().from(verificationReplays);
  await awaitBatch(replays.map(({ id }) => id));
  await sweep();
  expect((await getRun(context(), owner, runId)).status).toBe('FAILED');
});

/** As if these were all workers that live, each with its judges. */
const workersAre = async (...living: JudgeProvider[][]) => {
  await rig.db.delete(workers);
  for (const judges of living)
    await rig.db.insert(workers).values({ judges, seenAt: new Date('2100-01-01T00:00:00Z') });
};
const seen = (id = runId) => getRun(context(), owner, id);

test('while the engine is off a run waits and says so, and after a day it is FAILED and can be resumed', async () => {
  await ingestRun(context(), { runId });
  await workersAre([]);
  await sweep();
  const { waitingFor, activity, status } = await seen();
  expect([waitingFor, status]).toEqual([expect.stringContaining('ENGINE_ENABLED=false'), 'INGESTING']);
  expect(activity).toBe(waitingFor);
  rig.wait(23 * 60 * 60_000);
  await sweep();
  expect((await seen()).status).toBe('INGESTING');
  rig.wait(2 * 60 * 60_000);
  await sweep();
  const ended = await seen();
  expect(ended).toMatchObject({ status: 'FAILED', waitingFor: null, can: { resume: true } });
  expect(ended.error).toContain('for 24 hours');
  expect(ended.error).toContain('ENGINE_ENABLED=false');
  expect(ended.error).toContain('Resume');
});

test('a run whose judge no worker has waits for one, and names what is missing', async () => {
  const paid = (await createRun(context(), owner, runRequest({ judge: 'anthropic' }))).runId;
  await workersAre(['offline']);
  await sweep();
  expect((await seen(paid)).waitingFor).toContain('ANTHROPIC_API_KEY');
  expect((await seen()).waitingFor).not.toContain('ANTHROPIC_API_KEY');
  rig.wait(20 * 60 * 60_000);
  await workersAre(['offline'], ['offline', 'anthropic']);
  await sweep();
  expect((await seen(paid)).waitingFor).toMatch(/^Waiting for/);
  // Each wait has a day of its own.
  await workersAre(['offline']);
  await sweep();
  rig.wait(20 * 60 * 60_000);
  await sweep();
  expect((await seen(paid)).status).toBe('PENDING');
});

test('without any worker a run says that none is running', async () => {
  await workersAre();
  expect((await seen()).waitingFor).toBe('Waiting: no worker is running.');
});

test('a worker counts while it lives, with the judges that it has', async () => {
  await workersAre();
  const off = { ...context(), policy: { ...rig.context.policy, engineEnabled: false } };
  const [idle, able] = [await announceWorker(off), await announceWorker(context())];
  const live = () => liveWorkers(rig.db, rig.context.now());
  expect(await live()).toMatchObject({ count: 2, carriesOut: true });
  await able.stop();
  expect(await live()).toMatchObject({ count: 1, carriesOut: false, judges: new Set() });
  // As if it had died.
  rig.wait(15_000);
  expect(await live()).toMatchObject({ count: 0 });
  await idle.stop();
});
