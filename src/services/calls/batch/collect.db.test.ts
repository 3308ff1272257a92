import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { createHandlers } from '#jobs/index.ts';
import { economyRun } from '#testing/builders/economy-run.ts';
import { answerPlausibly } from '#testing/fakes/anthropic/answers.ts';
import { type BatchClient, BatchFault } from '#verification/judges/model/batches.ts';
import { advanceBatches } from './advance.ts';

/**
 * A run whose verdicts were asked in batches that have all expired. One call of one replay was in a batch of its own,
 * as happens when a batch is full before the replay's last call.
 */
const inTwoBatches = async () => {
  let expires = false;
  const askedSingly: string[] = [];
  const at = await economyRun({
    behave: (request) => {
      if (request.batch === null) askedSingly.push(request.user);
      if (request.batch !== null && expires) return { kind: 'expired' };
      return { kind: 'answer', answer: answerPlausibly(request), afterMs: request.batch === null ? 300 : 0 };
    },
  });
  const { context, db, fake, pump, wait, items } = at;
  await pump({ onto: context });
  wait(11_000);
  await advanceBatches(context);
  await fake.endBatches();
  await advanceBatches(context);
  await pump({ onto: context });
  expires = true;
  const apart = (await items()).find(({ state, call }) => state === 'queued' && /recall/.test(call));
  const { id: apartId = '', replayId = '' } = apart ?? {};
  const setApart = (state: 'submitting' | 'queued') =>
    db
      .update(judgeBatchItems)
      .set({ state, submittedAt: context.now() })
      .where(eq(judgeBatchItems.id, apartId));
  await setApart('submitting');
  wait(11_000);
  await advanceBatches(context);
  await setApart('queued');
  await advanceBatches(context);
  await fake.endBatches();
  const batchIdApart = (await items()).find(({ id }) => id === apartId)?.batchId;
  /** The jobs of the replay with calls in both batches, and of all replays. */
  const jobs = async () => {
    const all = (await at.queued()).filter((job) => job.name === 'score-replay');
    return { all, ofBoth: all.filter(({ data }) => data.replayId === replayId) };
  };
  return { ...at, askedSingly, batchIdApart, jobs };
};

test('a replay with calls in two batches that end together continues once, and makes each call singly once', async () => {
  const { context, jobs, askedSingly } = await inTwoBatches();
  await advanceBatches(context);
  const { ofBoth } = await jobs();
  const { handlers } = createHandlers(context);
  await Promise.allSettled(
    ofBoth.map(({ data }) => handlers['score-replay'](data, new AbortController().signal)),
  );
  expect(ofBoth).toHaveLength(1);
  expect(askedSingly.length).toBeGreaterThan(1);
  expect(new Set(askedSingly).size).toBe(askedSingly.length);
});

test('a batch that cannot be fetched holds up its own replays and no others', async () => {
  const passWithout = async (
    { withBatches, batches }: Awaited<ReturnType<typeof inTwoBatches>>,
    isAway: (batchId: string) => boolean,
  ) => {
    const state: BatchClient['state'] = async (batchId) => {
      if (isAway(batchId)) throw new BatchFault('planted', { passing: true, mayHaveArrived: false });
      return batches.state(batchId);
    };
    await advanceBatches(withBatches({ state }));
  };
  const woken = async ({ jobs }: Awaited<ReturnType<typeof inTwoBatches>>) => {
    const { all, ofBoth } = await jobs();
    return [all.length, ofBoth.length];
  };

  const one = await inTwoBatches();
  await passWithout(one, (batchId) => batchId !== one.batchIdApart);
  expect(one.logged.at(-1)?.details).toEqual({ batchId: expect.any(String), error: 'planted' });
  expect(await woken(one)).toEqual([0, 0]);
  await advanceBatches(one.context);
  expect(await woken(one)).toEqual([3, 1]);

  const other = await inTwoBatches();
  await passWithout(other, (batchId) => batchId === other.batchIdApart);
  expect(await woken(other)).toEqual([2, 0]);
  await advanceBatches(other.context);
  expect(await woken(other)).toEqual([3, 1]);
});

test('what was stored before a fault ended the pass still wakes its replays', async () => {
  const { context, db, items, pump, queued, wait, fake, withBatches, batches } = await economyRun(
    {},
    { limit: 3 },
  );
  await pump({ onto: context });
  const last = (await items()).at(-1)?.id ?? '';
  // Two batches: one call is kept back from the first.
  const heldBack = { state: 'submitting' as const, submittedAt: context.now() };
  await db.update(judgeBatchItems).set(heldBack).where(eq(judgeBatchItems.id, last));
  wait(11_000);
  await advanceBatches(context);
  await db.update(judgeBatchItems).set({ state: 'queued' }).where(eq(judgeBatchItems.id, last));
  await advanceBatches(context);
  await fake.endBatches();
  let asked = 0;
  const failing = withBatches({
    state: async (id) => {
      asked += 1;
      if (asked === 2) throw new Error('the database is away');
      return batches.state(id);
    },
  });
  await expect(advanceBatches(failing)).rejects.toThrow('the database is away');
  await advanceBatches(context);
  expect((await queued()).filter(({ name }) => name === 'score-replay')).toHaveLength(3);
});

test('a failed search for a lost batch holds up no other batch', async () => {
  const { context, db, items, pump, queued, wait, fake, withBatches } = await economyRun({}, { limit: 3 });
  await pump({ onto: context });
  const last = (await items()).at(-1)?.id ?? '';
  const heldBack = { state: 'submitting' as const, submittedAt: context.now() };
  await db.update(judgeBatchItems).set(heldBack).where(eq(judgeBatchItems.id, last));
  wait(11_000);
  await advanceBatches(context);
  await fake.endBatches();
  const lost = { state: 'submitting' as const, submittedAt: context.now() };
  await db.update(judgeBatchItems).set(lost).where(eq(judgeBatchItems.id, last));
  wait(6 * 60_000);
  const fault = new BatchFault('not known', { passing: false, mayHaveArrived: false });
  await advanceBatches(withBatches({ madeSince: () => Promise.reject(fault) }));
  expect((await queued()).filter(({ name }) => name === 'score-replay')).toHaveLength(2);
});
