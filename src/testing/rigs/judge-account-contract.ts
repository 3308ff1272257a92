import { expect, test } from 'vitest';
import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import {
  BudgetBusy,
  BudgetReached,
  bookedJudge,
  type JudgeAccount,
} from '#verification/judges/booked-judge.ts';
import { NotSent } from '#verification/judges/judge.ts';
import { changeNumber } from './scripted-engine.ts';
import { callCost, judgeOpening } from './scripted-judge.ts';

const costing = (costUsd: number | null, tokens: Partial<JudgeUsage> = {}): JudgeUsage => ({
  ...noUsage,
  calls: 1,
  ...tokens,
  costUsd,
});

/** A run's account with a limit of one dollar, and that account after the run is resumed. */
export type AccountUnderTest = { account: JudgeAccount; resumed: () => Promise<JudgeAccount> };

/**
 * What every store of a run's account must do. Amounts are binary fractions, so that sums are exact.
 * @param open opens a new run's account
 */
export const judgeAccountContract = (open: () => Promise<AccountUnderTest>): void => {
  /** Expects exactly this much of the dollar to be left, with no open bookings. */
  const expectLeft = async (account: JudgeAccount, leftUsd: number) => {
    await expect(account.book(callCost(leftUsd + 1 / 1024))).rejects.toBeInstanceOf(BudgetReached);
    await (await account.book(callCost(leftUsd))).settle(noUsage);
  };

  test('a call is booked at its maximum cost, and a second waits if both do not fit together', async () => {
    const { account } = await open();
    const first = await account.book(callCost(0.75));
    await expect(account.book(callCost(0.5))).rejects.toBeInstanceOf(BudgetBusy);
    await account.book(callCost(0.25));
    await first.settle(costing(0.25));
    await account.book(callCost(0.5));
  });

  test('with no open bookings, a call that does not fit is refused, and the error states the limit and what is spent', async () => {
    const { account } = await open();
    await (await account.book(callCost(0.75))).settle(costing(0.75));
    const refused = account.book(callCost(0.5));
    await expect(refused).rejects.toBeInstanceOf(BudgetReached);
    await expect(refused).rejects.toThrow(
      /limit.* \$0\.75(?:00)? of \$1\.00 are spent.* may cost \$0\.50(?:00)?/,
    );
    await account.book(callCost(0.25));
  });

  test('a settled call counts at its actual cost, whether below or above its booking', async () => {
    const { account } = await open();
    await (await account.book(callCost(0.5))).settle(costing(0.25));
    await expectLeft(account, 0.75);
    await (await account.book(callCost(0.25))).settle(costing(0.5));
    await expectLeft(account, 0.25);
  });

  test('a call whose price is unknown counts at the ceiling', async () => {
    const { account } = await open();
    // By hand, at the ceiling of $100 a million output tokens: 0.25.
    await (await account.book(callCost(0.5))).settle(costing(null, { outputTokens: 2_500 }));
    await expectLeft(account, 0.75);
  });

  test('a call that used nothing releases its booking', async () => {
    const { account } = await open();
    await (await account.book(callCost(1))).settle(noUsage);
    await expectLeft(account, 1);
  });

  test('each request without an answer counts at its likely cost, in addition to the answer’s actual cost', async () => {
    const { account } = await open();
    // By hand: 0.125 for the estimate of the first request, then 0.25 for its answer.
    await (await account.book(callCost(0.5, 0.125))).settle(noUsage, 1);
    await (await account.book(callCost(0.5))).settle(costing(0.25));
    await expectLeft(account, 0.625);
    // By hand: one call was answered, for 0.25, so each of the two requests without an answer counts 0.25.
    await (await account.book(callCost(0.5))).settle(noUsage, 2);
    await expectLeft(account, 0.125);
  });

  test('a resumed run counts what was settled before, and calls that were cut off at their likely cost', async () => {
    const { account, resumed } = await open();
    await (await account.book(callCost(0.5))).settle(costing(0.125));
    await (await account.book(callCost(0.5))).breakOff();
    // By hand: 0.125 twice.
    const again = await resumed();
    await expect(again.book(callCost(0.875))).rejects.toThrow();
    await again.book(callCost(0.75));
  });

  test('of many concurrent bookings exactly those that fit succeed', async () => {
    const { account } = await open();
    const booked = await Promise.allSettled(Array.from({ length: 20 }, () => account.book(callCost(0.125))));
    expect(booked.filter(({ status }) => status === 'fulfilled')).toHaveLength(8);
    for (const one of booked) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(BudgetBusy);
  });

  test('concurrent calls of one replay wait for each other’s money, and never book and spend more than the limit', async () => {
    const { account } = await open();
    let [held, most, paid] = [0, 0, 0];
    const judge = judgeOpening({
      costOf: () => callCost(0.5),
      ask: async () => {
        held += 0.5;
        most = Math.max(most, held + paid);
        await new Promise((resolve) => setTimeout(resolve, 2));
        held -= 0.5;
        paid += 0.125;
        const answer = { changes: [], question: null, variants: [], verdicts: [] };
        return { ok: true, answer, model: 'm', usage: costing(0.125), latencyMs: 2, retries: 0 };
      },
    });
    const opened = bookedJudge(judge, account).open(changeNumber(1));
    const asked = await Promise.allSettled(
      Array.from({ length: 8 }, () => opened.ask({ measure: 'answer_key' })),
    );
    // By hand: a call of 0.5 is made while 0.5 is left, that is after 0, 1, 2, 3 and 4 calls at 0.125.
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    for (const one of asked) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(BudgetReached);
    expect(paid).toBe(0.625);
    expect(most).toBeLessThanOrEqual(1);
  });

  test('a call that was never sent costs nothing, and its error is passed on', async () => {
    const { account } = await open();
    const judge = judgeOpening({
      costOf: () => callCost(1),
      ask: async () => {
        throw new NotSent(new Error('cancelled'));
      },
    });
    const opened = bookedJudge(judge, account).open(changeNumber(1));
    await expect(opened.ask({ measure: 'answer_key' })).rejects.toThrow('cancelled');
    await expectLeft(account, 1);
  });

  test('a call that was cut off counts at its estimate while no other was answered, because it may have been charged', async () => {
    const { account, resumed } = await open();
    const judge = judgeOpening({
      costOf: () => callCost(0.75, 0.5),
      ask: async () => {
        throw new Error('aborted');
      },
    });
    const opened = bookedJudge(judge, account).open(changeNumber(1));
    await expect(opened.ask({ measure: 'answer_key' })).rejects.toThrow('aborted');
    const again = await resumed();
    await expect(again.book(callCost(0.75))).rejects.toThrow();
    await again.book(callCost(0.5));
  });
};
