import { expect, test } from 'vitest';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { economyRun } from '#testing/builders/economy-run.ts';
import { type BatchClient, BatchFault } from '#verification/judges/model/batches.ts';
import { advanceBatches } from './advance.ts';

const minutes = 60_000;

/** A run whose first batch is being sent by a worker that pauses before or after the API has it. */
const withPausedWorker = async (
  when: 'before' | 'after',
  { cancel, fails = null }: { cancel?: BatchClient['cancel']; fails?: BatchFault | null } = {},
) => {
  const at = await economyRun();
  const { context, batches, withBatches, pump, wait } = at;
  const reached = Promise.withResolvers<void>();
  const paused = Promise.withResolvers<void>();
  const made: string[] = [];
  const submit: BatchClient['submit'] = async (calls) => {
    const send = async () => {
      if (fails !== null) throw fails;
      made.push(await batches.submit(calls));
    };
    if (when === 'after') await send();
    reached.resolve();
    await paused.promise;
    if (when === 'before') await send();
    return made[0] ?? '';
  };
  await pump({ onto: context });
  wait(11_000);
  const ended = advanceBatches(withBatches({ submit, ...(cancel && { cancel }) }));
  await reached.promise;
  const continueAs = async () => {
    paused.resolve();
    await ended;
  };
  return { ...at, made, continueAs };
};

test('a worker that paused in a submission overwrites nothing stored since, and its batch is cancelled', async () => {
  const { context, wait, fake, items, continueAs, made, batches, logged, work, db } =
    await withPausedWorker('before');
  wait(6 * minutes);
  await advanceBatches(context);
  await fake.endBatches();
  await advanceBatches(context);
  const stored = await items();
  expect(new Set(stored.map(({ state }) => state))).toEqual(new Set(['done']));
  await continueAs();
  expect(await items()).toEqual(stored);
  expect(logged.at(-1)).toMatchObject({ details: { batchId: made[0] } });
  await fake.endBatches();
  expect(await batches.state(made[0] ?? '')).toBe('ended');
  expect(fake.requests.filter(({ batch }) => batch?.id === made[0])).toEqual([]);

  expect(await work()).toMatchObject({ status: 'COMPLETED' });
  const answered = fake.requests.map(({ batch }) => batch?.customId);
  expect(answered.toSorted()).toEqual((await items()).map(({ id }) => id).sort());
  expect(await db.$count(judgeSpend)).toBe(fake.requests.length);
});

test('a paused worker’s batch is not cancelled if another worker has found it meanwhile', async () => {
  const { context, wait, fake, items, continueAs, made, work } = await withPausedWorker('after');
  wait(6 * minutes);
  await advanceBatches(context);
  const found = await items();
  expect(new Set(found.map(({ batchId }) => batchId))).toEqual(new Set(made));
  await continueAs();
  expect(await items()).toEqual(found);
  expect(await work()).toMatchObject({ status: 'COMPLETED' });
  const answered = fake.requests.map(({ batch }) => batch?.customId);
  expect(answered.toSorted()).toEqual((await items()).map(({ id }) => id).sort());
});

test('a worker whose submission is refused late overwrites nothing stored since', async () => {
  for (const passing of [true, false]) {
    const fails = new BatchFault('planted', { passing, mayHaveArrived: false });
    const { context, wait, items, continueAs } = await withPausedWorker('before', { fails });
    wait(6 * minutes);
    await advanceBatches(context);
    const submitted = await items();
    expect(new Set(submitted.map(({ state }) => state))).toEqual(new Set(['submitted']));
    await continueAs();
    expect(await items()).toEqual(submitted);
  }
});

test('a late batch that cannot be cancelled is logged and holds nothing up', async () => {
  const cancel = () => Promise.reject(new BatchFault('planted', { passing: true, mayHaveArrived: false }));
  const { context, wait, continueAs, made, logged, work } = await withPausedWorker('before', { cancel });
  wait(6 * minutes);
  await advanceBatches(context);
  await continueAs();
  expect(logged.at(-1)?.details).toEqual({ batchId: made[0], calls: 3, error: 'planted' });
  expect(await work()).toMatchObject({ status: 'COMPLETED' });
});

test('a submission that is being stored while it is looked for stays with its worker', async () => {
  const { wait, withBatches, items, continueAs, made } = await withPausedWorker('before');
  wait(6 * minutes);
  const madeSince: BatchClient['madeSince'] = async () => {
    await continueAs();
    return [];
  };
  await advanceBatches(withBatches({ madeSince }));
  expect((await items()).map(({ state, batchId }) => [state, batchId])).toEqual(
    Array.from({ length: 3 }, () => ['submitted', made[0]]),
  );
});

test('a cancelled batch is not taken for a lost one', async () => {
  const { context, wait, withBatches, batches, items, pump } = await economyRun();
  await pump({ onto: context });
  wait(11_000);
  let cancelled = '';
  const submit: BatchClient['submit'] = async (calls) => {
    cancelled = await batches.submit(calls);
    await batches.cancel(cancelled);
    throw new Error('killed');
  };
  await expect(advanceBatches(withBatches({ submit }))).rejects.toThrow('killed');
  wait(6 * minutes);
  await advanceBatches(context);
  const batchIds = (await items()).map(({ batchId }) => batchId);
  expect(batchIds).toEqual([expect.any(String), expect.any(String), expect.any(String)]);
  expect(batchIds).not.toContain(cancelled);
});
