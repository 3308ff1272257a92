import { expect, onTestFinished, test } from 'vitest';
import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import { openDatabase } from '#db/client.ts';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { openPolicy } from '#testing/rigs/engine-rig.ts';
import { type PaidRig, paidRig } from '#testing/rigs/paid-rig.ts';
import { BudgetBusy, BudgetReached } from '#verification/judges/booked-judge.ts';
import type { WorkerContext } from '../ground/context.ts';
import { spendOfRuns } from '../state/run-spend.ts';
import { spentToday } from '../state/spending.ts';
import { bookCall, judgeAccount } from './spend.ts';

const usage = (costUsd: number | null, tokens: Partial<JudgeUsage> = {}): JudgeUsage => ({
  calls: 1,
  inputTokens: 100,
  cacheWriteTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 10,
  ...tokens,
  costUsd,
});

const withDayLimit = (context: WorkerContext, maxCostUsdPerDay: number | null): WorkerContext => ({
  ...context,
  policy: { ...openPolicy, maxCostUsdPerDay },
});

/** The same services with their own connections, as on several machines. */
const machines = ({ database, context }: PaidRig, count: number): WorkerContext[] =>
  Array.from({ length: count }, () => {
    const machine = openDatabase(database.databaseUrl, { max: 4 });
    onTestFinished(machine.close);
    return { ...context, db: machine.db };
  });

const refusalOf = async (booking: Promise<unknown>): Promise<Error> => {
  try {
    await booking;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('The call was booked.');
};

test('of many calls booked at once on several machines exactly those that fit the run’s limit are made', async () => {
  const at = await paidRig();
  const runId = await at.start({ maxCostUsd: 2 });
  const contexts = machines(at, 3);
  const settled = await Promise.allSettled(
    Array.from({ length: 60 }, (_, place) =>
      judgeAccount(contexts[place % 3] ?? at.context, { runId, limitUsd: 2 }).book(0.125),
    ),
  );
  // By hand: 16 times 0.125 is 2, without any rounding.
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(16);
  for (const result of settled)
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(BudgetBusy);
  expect(await at.booked()).toBe(2);
});

test('calls of two runs side by side, some dearer and some cheaper than booked, exceed neither a run’s limit nor the day’s', async () => {
  const at = await paidRig();
  const limits = [1, 1.5];
  const runs = await Promise.all(limits.map((maxCostUsd) => at.start({ maxCostUsd })));
  const contexts = machines(at, 3).map((context) => withDayLimit(context, 2));
  const mostUsd = 0.2;
  let paid = 0;
  const caller = async (context: WorkerContext, place: number) => {
    const [runId = '', limitUsd = 0] = [runs[place % 2], limits[place % 2]];
    for (let calls = 0; ; ) {
      try {
        const booking = await judgeAccount(context, { runId, limitUsd }).book(mostUsd);
        const cost = ((place * 7 + calls * 3) % 20) / 100;
        paid += cost;
        await booking.settle(usage(cost));
        calls += 1;
      } catch (error) {
        if (error instanceof BudgetReached) return;
        if (!(error instanceof BudgetBusy)) throw error;
      }
    }
  };
  await Promise.all(
    Array.from({ length: 9 }, (_, place) => caller(contexts[place % 3] ?? at.context, place)),
  );
  const spend = await spendOfRuns(at.context, runs);
  for (const [place, runId] of runs.entries())
    expect(spend.get(runId)?.costUsd).toBeLessThanOrEqual((limits[place] ?? 0) + 1e-9);
  expect(await at.booked()).toBeCloseTo(paid, 9);
  expect(await spentToday(at.context)).toBeLessThanOrEqual(2 + 1e-9);
  // Calls are made until the next one does not fit, and no earlier.
  expect(paid).toBeGreaterThan(2 - mostUsd);
});

test('a booking is settled at the call’s cost, at the ceiling if its price is unknown, and released if no call was made', async () => {
  const at = await paidRig();
  const runId = await at.start();
  const book = () => judgeAccount(at.context, { runId, limitUsd: null }).book(5);
  const [known, unknown, free] = [await book(), await book(), await book()];
  expect(await at.booked()).toBe(15);
  expect((await at.run(runId)).costUsd).toBe(0);
  await known.settle(usage(0.25));
  // By hand, at the ceiling of $20 in, $40 written, $20 read and $100 out per million tokens: 2 + 4 + 2 + 1 dollars.
  await unknown.settle(
    usage(null, {
      inputTokens: 100_000,
      cacheWriteTokens: 100_000,
      cacheReadTokens: 100_000,
      outputTokens: 10_000,
    }),
  );
  await free.settle(noUsage);
  expect(await at.booked()).toBeCloseTo(9.25, 9);
  expect(await at.db.$count(judgeSpend)).toBe(2);
  expect((await at.run(runId)).costUsd).toBeCloseTo(9.25, 9);
});

test('a dead worker’s unsettled call is waited for an hour and stays booked for good', async () => {
  const at = await paidRig();
  const runId = await at.start();
  const account = judgeAccount(at.context, { runId, limitUsd: 1 });
  await account.book(0.9);
  expect(await refusalOf(account.book(0.2))).toBeInstanceOf(BudgetBusy);
  at.wait(61 * 60_000);
  const refusal = await refusalOf(account.book(0.2));
  expect(refusal).toBeInstanceOf(BudgetReached);
  expect(refusal.message).toContain('$0.90 of $1.00');
  await account.book(0.1);
});

test('a call that waits for its batch counts as under way however long that takes', async () => {
  const at = await paidRig();
  const runId = await at.start({ limit: 1, minReplays: 1, maxCostUsd: 1 });
  await at.pump();
  const limits = { runId, limitUsd: 1 };
  const account = judgeAccount(at.context, limits);
  const [replay] = await at.db.select().from(verificationReplays);
  const spendId = await bookCall(at.context, limits, 0.9);
  const item = { runId, replayId: replay?.id ?? '', call: 'first/answer_key', spendId };
  await at.db
    .insert(judgeBatchItems)
    .values({ ...item, state: 'submitted', request: {}, batchId: 'one', submittedAt: at.context.now() });
  at.wait(20 * 60 * 60_000);
  expect(await refusalOf(account.book(0.2))).toBeInstanceOf(BudgetBusy);
  await at.db.update(judgeBatchItems).set({ state: 'single', request: null });
  expect(await refusalOf(account.book(0.2))).toBeInstanceOf(BudgetReached);
});

test('one run’s calls do not count against another run’s limit, nor yesterday’s against today’s', async () => {
  const at = await paidRig();
  const [one, other] = [await at.start(), await at.start()];
  const today = withDayLimit(at.context, 1);
  await (await judgeAccount(today, { runId: one, limitUsd: 1 }).book(0.9)).settle(usage(0.9));
  const another = { runId: other, limitUsd: 0.5 };
  expect((await refusalOf(judgeAccount(today, another).book(0.4))).message).toContain('MAX_COST_USD_PER_DAY');
  expect(await refusalOf(judgeAccount(at.context, { runId: one, limitUsd: 1 }).book(0.4))).toBeInstanceOf(
    BudgetReached,
  );
  await judgeAccount(at.context, another).book(0.4);
  at.wait(24 * 60 * 60_000);
  await judgeAccount(today, { runId: other, limitUsd: null }).book(0.6);
  expect(await spentToday(at.context)).toBeCloseTo(0.6, 9);
});

test('a run at its limit ends FAILED, says what was spent, what the limit is and how to continue, and keeps its scores', async () => {
  const at = await paidRig({ costUsd: 0.3 });
  // Six calls per replay cost 1.80 dollars; a seventh makes 2.10, an eighth would make 2.40.
  const runId = await at.start({ maxCostUsd: 2.2 });
  await at.pump();
  const { status, error, costUsd } = await at.run(runId);
  expect(status).toBe('FAILED');
  expect(error).toContain('The run’s limit');
  expect(error).toContain('$2.10 of $2.20 are spent');
  expect(error).toContain('may cost $0.30');
  expect(error).toContain('resume the run with a higher limit');
  expect(costUsd).toBeCloseTo(2.1, 9);
  expect(await at.booked()).toBeCloseTo(2.1, 9);
  const replays = await at.db.select().from(verificationReplays);
  expect(replays.filter(({ outcome }) => outcome === 'scored')).toHaveLength(1);
});

test('a run stopped by the day’s limit says to wait for the next day, since its owner cannot raise that limit', async () => {
  const at = await paidRig({ costUsd: 0.3 });
  const runId = await at.start();
  await at.pump({ onto: withDayLimit(at.context, 2.2) });
  const { error } = await at.run(runId);
  expect(error).toContain('$2.10 of $2.20 are spent');
  expect(error).toContain('00:00 UTC');
  expect(error).not.toContain('higher limit');
});

test('a resumed run counts what the runs before it spent; a retried one starts at zero', async () => {
  const at = await paidRig({ costUsd: 0.3 });
  const runId = await at.start({ maxCostUsd: 2.2 });
  await at.pump();
  const second = await at.continueAs('resume', runId, { maxCostUsd: 3.1 });
  await at.pump();
  // By hand: 3.1 has room for ten calls of 0.3, and seven were made before.
  expect(await at.run(second.runId)).toMatchObject({ status: 'FAILED', costUsd: expect.closeTo(3, 9) });
  expect((await at.run(second.runId)).error).toContain('$3.00 of $3.10');
  const third = await at.continueAs('resume', second.runId, { maxCostUsd: 100 });
  await at.pump();
  // Three replays of six calls.
  expect(await at.run(third.runId)).toMatchObject({ status: 'COMPLETED', costUsd: expect.closeTo(5.4, 9) });
  expect((await at.run(runId)).costUsd).toBeCloseTo(2.1, 9);
  const again = await at.continueAs('retry', runId, { maxCostUsd: 100 });
  expect((await at.run(again.runId)).costUsd).toBe(0);
});

test('a call that was sent and not answered stays booked at its highest cost, in addition to the cost of its answer', async () => {
  const at = await paidRig();
  const runId = await at.start();
  const account = judgeAccount(at.context, { runId, limitUsd: null });
  const booking = await account.book(0.3);
  await booking.settle(usage(0.05), 2);
  // By hand: 0.05 + 2 x 0.3.
  expect((await at.run(runId)).costUsd).toBeCloseTo(0.65, 9);
  const lost = await account.book(0.3);
  await lost.settle(noUsage, 1);
  expect(await at.booked()).toBeCloseTo(0.95, 9);
});
