import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import { openDatabase } from '#db/client.ts';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { openPolicy } from '#testing/rigs/engine-rig.ts';
import { type PaidRig, paidRig } from '#testing/rigs/paid-rig.ts';
import { callCost } from '#testing/rigs/scripted-judge.ts';
import { BudgetBusy, BudgetReached } from '#verification/judges/booked-judge.ts';
import type { CallCost } from '#verification/judges/judge.ts';
import type { WorkerContext } from '../ground/context.ts';
import { sweepRuns } from '../pipeline/sweep.ts';
import { spendOfRuns } from '../state/run-spend.ts';
import { spentToday } from '../state/spending.ts';
import { leaveSingle } from './batch/items.ts';
import { bookCall, judgeAccount, settleBooking } from './spend.ts';

const usage = (costUsd: number | null, tokens: Partial<JudgeUsage> = {}): JudgeUsage => ({
  calls: 1,
  estimatedCalls: 0,
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
      judgeAccount(contexts[place % 3] ?? at.context, { runId, limitUsd: 2 }).book(callCost(0.125)),
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
        const booking = await judgeAccount(context, { runId, limitUsd }).book(callCost(mostUsd));
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

test('a booking is settled at the call’s cost, at the ceiling if that is unknown, and released if no call was made', async () => {
  const at = await paidRig();
  const runId = await at.start();
  const book = () => judgeAccount(at.context, { runId, limitUsd: null }).book(callCost(10));
  const [known, unknown, free] = [await book(), await book(), await book()];
  expect(await at.booked()).toBe(30);
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
  // More than the most cannot have been charged.
  const bounded = await judgeAccount(at.context, { runId, limitUsd: null }).book(callCost(1));
  await bounded.settle(usage(null, { inputTokens: 100_000 }));
  expect(await at.booked()).toBeCloseTo(10.25, 9);
  expect(await at.run(runId)).toMatchObject({ costKnown: false });
});

/** A call of a worker that dies: it is booked and never renewed. */
const bookAndDie = (
  context: WorkerContext,
  payer: { runId: string; limitUsd: number | null },
  cost: CallCost,
) => bookCall(context, payer, cost);

test('a dead worker’s call holds its most for seconds, and then counts at what the run’s other calls cost', async () => {
  const at = await paidRig();
  const runId = await at.start();
  const payer = { runId, limitUsd: 1 };
  const account = judgeAccount(at.context, payer);
  for (const cost of [0.05, 0.15]) await (await account.book(callCost(0.3))).settle(usage(cost));
  await bookAndDie(at.context, payer, callCost(0.7, 0.2));
  expect(await refusalOf(account.book(callCost(0.3)))).toBeInstanceOf(BudgetBusy);
  at.wait(15_000);
  const next = await account.book(callCost(0.3));
  // By hand: 0.05 and 0.15 for two calls, so 0.10 for the third; it cost 0.70 at most.
  expect(await at.run(runId)).toMatchObject({
    costUsd: expect.closeTo(0.3, 9),
    mostCostUsd: expect.closeTo(0.9, 9),
    usage: { calls: 2 },
  });
  await next.settle(usage(0.1));
});

test('a dead worker’s call counts at its estimate if the run has no answered call yet, and never above its most', async () => {
  const at = await paidRig();
  const [one, other] = [await at.start(), await at.start()];
  await bookAndDie(at.context, { runId: one, limitUsd: 1 }, callCost(0.9, 0.25));
  const dear = { runId: other, limitUsd: 1 };
  await (await judgeAccount(at.context, dear).book(callCost(0.5))).settle(usage(0.5));
  await bookAndDie(at.context, dear, callCost(0.125));
  at.wait(15_000);
  await sweepRuns(at.context);
  expect((await at.run(one)).costUsd).toBeCloseTo(0.25, 9);
  expect((await at.run(other)).costUsd).toBeCloseTo(0.625, 9);
});

test('the day’s budget counts a dead worker’s calls by the same rule', async () => {
  const at = await paidRig();
  const runId = await at.start();
  const today = withDayLimit(at.context, 1);
  const payer = { runId, limitUsd: null };
  for (let calls = 0; calls < 3; calls += 1) await bookAndDie(today, payer, callCost(0.3, 0.01));
  expect(await refusalOf(judgeAccount(today, payer).book(callCost(0.5)))).toBeInstanceOf(BudgetBusy);
  at.wait(15_000);
  await judgeAccount(today, payer).book(callCost(0.5));
  expect(await spentToday(today)).toBeCloseTo(0.53, 9);
});

test('twelve calls cut off by a kill neither fail nor hold up a run with a limit of three times its cost', async () => {
  const at = await paidRig({ costUsd: 0.01 });
  // Three replays of seven calls: the true cost is 0.21 dollars.
  const runId = await at.start({ maxCostUsd: 0.63 });
  for (let calls = 0; calls < 12; calls += 1)
    await bookAndDie(at.context, { runId, limitUsd: 0.63 }, callCost(0.04, 0.02));
  at.wait(15_000);
  await at.pump();
  const ended = await at.run(runId);
  expect(ended).toMatchObject({ status: 'COMPLETED', usage: { calls: 21 } });
  const { usage: certified, unanswered } = await at.certificateOf(runId);
  expect(certified.costUsd).toBeCloseTo(0.21, 9);
  expect(unanswered.mostUsd).toBeCloseTo(12 * 0.04, 9);
  expect(ended.costUsd).toBeCloseTo(0.21 + unanswered.likelyUsd, 9);
  expect(ended.mostCostUsd).toBeCloseTo(0.21 + 0.48, 9);
});

test('a worker that lives keeps its money however long its call takes', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const at = await paidRig();
  const runId = await at.start();
  const account = judgeAccount(at.context, { runId, limitUsd: 1 });
  const held = await account.book(callCost(0.9, 0.1));
  const leasedUntil = async () => (await at.db.select().from(judgeSpend))[0]?.leasedUntil?.getTime() ?? 0;
  for (let turn = 0; turn < 10; turn += 1) {
    at.wait(8_000);
    const now = at.context.now().getTime();
    vi.advanceTimersByTime(8_000);
    await expect.poll(leasedUntil).toBeGreaterThan(now + 8_000);
    expect(await refusalOf(account.book(callCost(0.5)))).toBeInstanceOf(BudgetBusy);
  }
  await held.settle(usage(0.5));
  await account.book(callCost(0.5));
});

test('an answer that comes after its worker was taken for dead still settles the call', async () => {
  const at = await paidRig();
  const runId = await at.start();
  const payer = { runId, limitUsd: 1 };
  const id = await bookCall(at.context, payer, callCost(0.9, 0.5));
  at.wait(15_000);
  await (await judgeAccount(at.context, payer).book(callCost(0.4))).settle(noUsage);
  await settleBooking(at.db, id, usage(0.75));
  expect(await at.run(runId)).toMatchObject({ costUsd: 0.75, mostCostUsd: 0.75, usage: { calls: 1 } });
});

test('a call that waits for its batch counts as under way however long that takes, and at its likely cost once it is given up', async () => {
  const at = await paidRig();
  const runId = await at.start({ limit: 1, minReplays: 1, maxCostUsd: 1 });
  await at.pump();
  const limits = { runId, limitUsd: 1 };
  const account = judgeAccount(at.context, limits);
  const [replay] = await at.db.select().from(verificationReplays);
  const spendId = randomUUID();
  await bookCall(at.context, limits, callCost(0.9), { by: 'batch', id: spendId });
  const item = { runId, replayId: replay?.id ?? '', call: 'first/answer_key', spendId };
  await at.db
    .insert(judgeBatchItems)
    .values({ ...item, state: 'submitted', request: {}, batchId: 'one', submittedAt: at.context.now() });
  at.wait(20 * 60 * 60_000);
  expect(await refusalOf(account.book(callCost(0.2)))).toBeInstanceOf(BudgetBusy);
  await leaveSingle(at.context, eq(judgeBatchItems.spendId, spendId), { charged: true });
  // The replay's own calls cost nothing, so their mean is 0.
  await account.book(callCost(0.9));
  expect((await at.run(runId)).mostCostUsd).toBeCloseTo(0.9, 9);
});

test('one run’s calls do not count against another run’s limit, nor yesterday’s against today’s', async () => {
  const at = await paidRig();
  const [one, other] = [await at.start(), await at.start()];
  const today = withDayLimit(at.context, 1);
  await (await judgeAccount(today, { runId: one, limitUsd: 1 }).book(callCost(0.9))).settle(usage(0.9));
  const another = { runId: other, limitUsd: 0.5 };
  expect((await refusalOf(judgeAccount(today, another).book(callCost(0.4)))).message).toContain(
    'MAX_COST_USD_PER_DAY',
  );
  expect(
    await refusalOf(judgeAccount(at.context, { runId: one, limitUsd: 1 }).book(callCost(0.4))),
  ).toBeInstanceOf(BudgetReached);
  await judgeAccount(at.context, another).book(callCost(0.4));
  at.wait(24 * 60 * 60_000);
  await judgeAccount(today, { runId: other, limitUsd: null }).book(callCost(0.6));
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
  // Three replays of seven calls.
  expect(await at.run(third.runId)).toMatchObject({ status: 'COMPLETED', costUsd: expect.closeTo(6.3, 9) });
  expect((await at.run(runId)).costUsd).toBeCloseTo(2.1, 9);
  const again = await at.continueAs('retry', runId, { maxCostUsd: 100 });
  expect((await at.run(again.runId)).costUsd).toBe(0);
});

test('a call that was sent and not answered counts at its likely cost, in addition to the cost of its answer', async () => {
  const at = await paidRig();
  const runId = await at.start();
  const account = judgeAccount(at.context, { runId, limitUsd: null });
  const booking = await account.book(callCost(0.3, 0.1));
  await booking.settle(usage(0.05), 2);
  // By hand: 0.05 + 2 x 0.1, and at most 0.05 + 2 x 0.3.
  expect(await at.run(runId)).toMatchObject({
    costUsd: expect.closeTo(0.25, 9),
    mostCostUsd: expect.closeTo(0.65, 9),
    usage: { calls: 1 },
  });
  const lost = await account.book(callCost(0.3, 0.1));
  await lost.settle(noUsage, 1);
  // By then one call was answered, for 0.05.
  expect(await at.booked()).toBeCloseTo(0.3, 9);
});
