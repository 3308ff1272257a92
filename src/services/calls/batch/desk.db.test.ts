import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { economyRun } from '#testing/builders/economy-run.ts';
import { callCost } from '#testing/rigs/scripted-judge.ts';
import { BudgetBusy } from '#verification/judges/booked-judge.ts';
import { AwaitsBatch, type BatchedCall } from '#verification/judges/model/batches.ts';
import { createPrices } from '#verification/judges/model/prices.ts';
import { cancelRun } from '../../run/cancel.ts';
import { continueRun } from '../../run/continue.ts';
import { ReplayLost } from '../../state/checkpoint.ts';
import { bookCall } from '../spend.ts';
import { advanceBatches } from './advance.ts';
import { batchDesk } from './desk.ts';

const call: BatchedCall = {
  request: {
    model: 'claude-sonnet-5-5',
    maxOutputTokens: 1,
    instructions: '',
    pullRequest: '',
    question: '',
    cachePrefix: false,
  },
  cost: callCost(1),
  single: { cost: callCost(2), send: () => Promise.reject(new Error('It is not made singly.')) },
};

const begun = async () => {
  const at = await economyRun({}, { limit: 1, minReplays: 1, maxCostUsd: 5 });
  const { context, db, owner, runId, pump } = at;
  const exchange = (replayId: string, { of = runId, limitUsd = 5 } = {}): Promise<unknown> =>
    batchDesk(context, { runId: of, replayId, purpose: 'first', limitUsd })
      .exchange('recall/x/1', call)
      .catch((error: unknown) => error);
  const replayOf = async () => (await db.select().from(verificationReplays))[0]?.id ?? '';
  const spend = () => db.select().from(judgeSpend);
  const resume = async () => {
    await cancelRun(context, owner, runId);
    const resumed = { id: runId, oracleHeaders: {}, githubToken: null };
    return (await continueRun(context, owner, 'resume', resumed)).runId;
  };
  await pump({ onto: context });
  return { ...at, exchange, spend, resume, replayId: await replayOf() };
};

test('a call that two workers queue at once is queued and booked once', async () => {
  const { exchange, replayId, items, spend } = await begun();
  const [itemsBefore, spendBefore] = [await items(), await spend()];
  const ends = await Promise.all([1, 2, 3].map(() => exchange(replayId)));
  for (const end of ends) expect(end).toBeInstanceOf(AwaitsBatch);
  expect(await items()).toHaveLength(itemsBefore.length + 1);
  expect(await spend()).toHaveLength(spendBefore.length + 1);
  const booked = new Set((await spend()).map(({ id }) => id));
  expect(new Set((await items()).map(({ spendId }) => spendId))).toEqual(booked);
});

test('a call that cannot be queued is not booked, and one that cannot be booked is not queued', async () => {
  const { exchange, replayId, items, spend } = await begun();
  const before = [await items(), await spend()];
  expect(await exchange(randomUUID())).toBeInstanceOf(Error);
  expect([await items(), await spend()]).toEqual(before);
  expect(await exchange(replayId, { limitUsd: 0.5 })).toBeInstanceOf(BudgetBusy);
  expect([await items(), await spend()]).toEqual(before);
});

test('a late worker of a run that was resumed queues and books nothing', async () => {
  const { exchange, replayId, items, spend, resume, runId } = await begun();
  const resumedId = await resume();
  const before = [await items(), await spend()];
  expect(await exchange(replayId)).toBeInstanceOf(ReplayLost);
  expect([await items(), await spend()]).toEqual(before);
  expect(await exchange(replayId, { of: resumedId })).toBeInstanceOf(AwaitsBatch);
  expect((await items()).filter((item) => item.runId === runId)).toHaveLength(0);
});

test('a batch under way while its run is resumed is paid for once, on the attempt’s account', async () => {
  const { context, items, spend, resume, wait, fake, work, run, runId } = await begun();
  wait(11_000);
  await advanceBatches(context);
  const sent = await items();
  expect(sent.map(({ state }) => state)).toEqual(['submitted']);
  const resumedId = await resume();
  expect(await items()).toEqual(sent.map((item) => ({ ...item, runId: resumedId })));
  const [booked] = await spend();
  const limits = { runId: resumedId, limitUsd: booked?.costUsd ?? 0 };
  await expect(bookCall(context, limits, callCost(0.01))).rejects.toBeInstanceOf(BudgetBusy);

  expect(await work(context, resumedId)).toMatchObject({ status: 'COMPLETED' });
  expect(fake.requests.map(({ batch }) => batch?.customId).sort()).toEqual(
    (await items()).map(({ id }) => id).sort(),
  );
  const settled = await spend();
  expect(settled.every(({ state }) => state === 'settled')).toBe(true);
  const cost = (createPrices('anthropic').costUsd('claude-sonnet-5-5', fake.usage.batch) ?? 0) / 2;
  expect((await run(resumedId)).costUsd).toBeCloseTo(cost, 9);
  expect((await run(runId)).costUsd).toBe(settled.find(({ id }) => id === booked?.id)?.costUsd);
});
