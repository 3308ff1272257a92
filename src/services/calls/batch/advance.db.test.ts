import { expect, test } from 'vitest';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { economyRun } from '#testing/builders/economy-run.ts';
import { answerPlausibly } from '#testing/fakes/anthropic/answers.ts';
import type { AnthropicFakeOptions } from '#testing/fakes/anthropic/anthropic-fake.ts';
import { type BatchClient, BatchFault } from '#verification/judges/model/batches.ts';
import { createPrices } from '#verification/judges/model/prices.ts';
import { getPublicCertificate } from '../../certificate/get.ts';
import type { WorkerContext } from '../../ground/context.ts';
import { sweepRuns } from '../../pipeline/sweep.ts';
import { cancelRun } from '../../run/cancel.ts';
import { advanceBatches } from './advance.ts';

const scoresOf = async (context: WorkerContext, certificateId: string | null) => {
  const { precision, recall, replyAccuracy, usage } = await getPublicCertificate(
    context,
    certificateId ?? '',
  );
  return { scores: { precision, recall, replyAccuracy }, usage };
};

type EconomyRun = Awaited<ReturnType<typeof economyRun>>;

const statesOf = async ({ items }: Pick<EconomyRun, 'items'>) =>
  new Set((await items()).map(({ state }) => state));

/** A run whose first calls are due, and its worker in front of an API with its own `submit`. */
const dueBefore = async (submitOf: (at: EconomyRun) => BatchClient['submit']) => {
  const at = await economyRun();
  await at.pump({ onto: at.context });
  at.wait(11_000);
  return { at, onto: at.withBatches({ submit: submitOf(at) }) };
};

/** After the time when a submission counts as lost, it is under way, and the run ends with every call answered once. */
const expectOneSubmission = async (at: EconomyRun) => {
  at.wait(6 * 60_000);
  await advanceBatches(at.context);
  expect(await statesOf(at)).toEqual(new Set(['submitted']));
  expect(await at.work()).toMatchObject({ status: 'COMPLETED' });
  const answered = at.fake.requests.map(({ batch }) => batch?.customId);
  expect(answered.toSorted()).toEqual((await at.items()).map(({ id }) => id).sort());
};

test('economy mode gives the same scores through batches, at half the price of each token', async () => {
  const economy = await economyRun();
  const ended = await economy.work();
  expect(ended).toMatchObject({ status: 'COMPLETED', progress: 3 });
  expect(economy.fake.requests.every(({ batch }) => batch !== null)).toBe(true);
  // Keys, then the verdicts of all replays with the baseline's beside them: calls that can wait for each other share a
  // batch.
  expect(new Set(economy.fake.requests.map(({ batch }) => batch?.id)).size).toBe(2);

  const dear = await economyRun({}, { economy: false });
  await dear.work();
  const [cheap, full] = await Promise.all([
    scoresOf(economy.context, ended.certificateId),
    scoresOf(dear.context, (await dear.run()).certificateId),
  ]);
  expect(cheap.scores).toEqual(full.scores);
  expect(cheap.usage.calls).toBe(full.usage.calls);
  const { usage } = economy.fake;
  expect(usage.standard.messages).toBe(0);
  const list = createPrices('anthropic').costUsd('claude-sonnet-5-5', usage.batch) ?? 0;
  expect(cheap.usage.costUsd).toBeCloseTo(list / 2, 9);
  expect((await economy.run()).costUsd).toBeCloseTo(list / 2, 9);
});

test('while a batch is under way no job is queued, nothing is asked again, and no secret text is left behind', async () => {
  const { pump, queued, items, fake, run, wait, work, batches, withBatches } = await economyRun();
  const submitted: string[] = [];
  const context = withBatches({
    submit: (calls) => {
      submitted.push(...calls.map(({ id }) => id));
      return batches.submit(calls);
    },
  });
  await pump({ onto: context });
  wait(11_000);
  await advanceBatches(context);
  expect(await queued()).toEqual([]);
  wait(60_000);
  await sweepRuns(context);
  await advanceBatches(context);
  expect(await queued()).toEqual([]);
  expect(submitted.toSorted()).toEqual((await items()).map(({ id }) => id).sort());
  expect((await run()).status).toBe('INGESTING');
  await work(context);
  expect((await items()).map(({ state, request }) => [state, request])).toEqual(
    Array.from({ length: fake.requests.length }, () => ['done', null]),
  );
});

test('a batch whose worker died before storing its id is found again and not paid for twice', async () => {
  const { at, onto } = await dueBefore(({ batches }) => async (calls) => {
    await batches.submit(calls);
    throw new Error('killed');
  });
  await expect(advanceBatches(onto)).rejects.toThrow('killed');
  expect(await statesOf(at)).toEqual(new Set(['submitting']));
  await advanceBatches(at.context);
  await expectOneSubmission(at);
});

test('a submission that never reached the API is made again', async () => {
  const { at, onto } = await dueBefore(() => () => Promise.reject(new Error('killed')));
  await expect(advanceBatches(onto)).rejects.toThrow();
  await expectOneSubmission(at);
});

test('a submission whose answer did not arrive in time is looked for, not made again', async () => {
  const { at, onto } = await dueBefore(({ batches }) => async (calls) => {
    await batches.submit(calls);
    throw new BatchFault('the Anthropic API did not answer in time', {
      passing: true,
      mayHaveArrived: true,
    });
  });
  await advanceBatches(onto);
  await advanceBatches(at.context);
  expect(await statesOf(at)).toEqual(new Set(['submitting']));
  await expectOneSubmission(at);
});

test('a cancelled run’s queued calls are not sent, and their bookings are released', async () => {
  const { context, pump, fake, wait, items, owner, runId, db } = await economyRun();
  await pump({ onto: context });
  expect(await items()).not.toHaveLength(0);
  await cancelRun(context, owner, runId);
  wait(11_000);
  await advanceBatches(context);
  await fake.endBatches();
  expect(fake.requests).toHaveLength(0);
  expect(await items()).toHaveLength(0);
  expect(await db.$count(judgeSpend)).toBe(0);
});

test('calls that expired or failed in a batch are made singly, once, at the full price', async () => {
  const economy = await economyRun({
    behave: ((): AnthropicFakeOptions['behave'] => {
      let count = 0;
      return (request) => {
        count += 1;
        if (count === 1) return { kind: 'expired' };
        if (count === 2) return { kind: 'errored', type: 'overloaded_error', message: 'Overloaded' };
        return { kind: 'answer', answer: answerPlausibly(request) };
      };
    })(),
  });
  const { work, fake, context, run, db } = economy;
  expect(await work()).toMatchObject({ status: 'COMPLETED' });
  expect(await statesOf(economy)).toEqual(new Set(['done']));
  expect(fake.usage.standard.messages).toBe(2);
  const { usage } = await scoresOf(context, (await run()).certificateId);
  const costs = [fake.usage.standard, fake.usage.batch].map(
    (tokens) => createPrices('anthropic').costUsd('claude-sonnet-5-5', tokens) ?? 0,
  );
  const cost = (costs[0] ?? 0) + (costs[1] ?? 0) / 2;
  expect(usage.costUsd).toBeCloseTo(cost, 9);
  // Booked before they were made, and settled like any other call.
  const booked = await db.select().from(judgeSpend);
  expect(booked.every(({ state }) => state === 'settled')).toBe(true);
  expect(booked.reduce((total, { costUsd }) => total + costUsd, 0)).toBeCloseTo(cost, 9);
});

test('a single call that gets lost is made singly again and waits for no other batch', async () => {
  let lost = 0;
  const { work, fake, items } = await economyRun({
    behave: (request) => {
      if (request.batch !== null) return { kind: 'expired' };
      lost += 1;
      return lost === 1 ? { kind: 'reset' } : { kind: 'answer', answer: answerPlausibly(request) };
    },
  });
  expect(await work()).toMatchObject({ status: 'COMPLETED' });
  const calls = (await items()).map(({ replayId, call }) => `${replayId} ${call}`);
  expect(calls.filter((call) => call.includes('answer_key'))).toHaveLength(3);
  expect(new Set(calls).size).toBe(calls.length);
  const sent = fake.requests.map(({ batch }) => batch !== null);
  expect(sent.filter((batched) => batched)).toHaveLength(calls.length);
  expect(sent.filter((batched) => !batched)).toHaveLength(calls.length + 1);
});

test('an API that is away is tried again; one that refuses the key leaves the replays unscored with the reason', async () => {
  const away = await economyRun();
  await away.pump({ onto: away.context });
  away.wait(11_000);
  const fault = new BatchFault('the Anthropic API is overloaded', { passing: true, mayHaveArrived: false });
  await advanceBatches(away.withBatches({ submit: () => Promise.reject(fault) }));
  expect(await statesOf(away)).toEqual(new Set(['queued']));

  const refused = await economyRun({ apiKey: 'sk-ant-another' });
  await refused.pump({ onto: refused.context });
  refused.wait(11_000);
  await advanceBatches(refused.context);
  await refused.pump({ onto: refused.context });
  expect(await refused.run()).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('check ANTHROPIC_API_KEY'),
  });
  expect((await away.run()).status).toBe('INGESTING');
});

test('a batch is booked at its highest cost until it ends, and a limit counts it', async () => {
  const { context, pump, wait, db, work, run, fake } = await economyRun({}, { maxCostUsd: 5 });
  await pump({ onto: context });
  wait(11_000);
  await advanceBatches(context);
  const booked = await db.select().from(judgeSpend);
  expect(booked.map(({ state }) => state)).toEqual(['open', 'open', 'open']);
  await work();
  const settled = await db.select().from(judgeSpend);
  expect(settled.every(({ state }) => state === 'settled')).toBe(true);
  expect(settled).toHaveLength(fake.requests.length);
  expect((await run()).costUsd).toBeLessThan(booked.reduce((sum, { costUsd }) => sum + costUsd, 0));

  const short = await economyRun({}, { maxCostUsd: 0.0001 });
  await short.pump({ onto: short.context });
  expect(await short.run()).toMatchObject({ status: 'FAILED', error: expect.stringContaining('limit') });
  expect(await short.db.$count(verificationReplays)).toBe(3);
});
