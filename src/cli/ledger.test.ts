import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import { judgeAccountContract } from '#testing/rigs/judge-account-contract.ts';
import { callCost } from '#testing/rigs/scripted-judge.ts';
import { BudgetBusy, BudgetReached, type JudgeAccount } from '#verification/judges/booked-judge.ts';
import { CommandError } from './exit.ts';
import { emptyLedger, type Ledger, ledgerAccount, spentUsd } from './ledger.ts';
import { memoryStore } from './run-store.ts';

judgeAccountContract(async () => {
  const store = memoryStore();
  return { account: ledgerAccount(1, store), resumed: async () => ledgerAccount(1, store) };
});

const usage = (costUsd: number): JudgeUsage => ({ ...noUsage, calls: 1, costUsd });

/** A run whose earlier starts settled this amount. */
const spentBefore = (settledUsd: number) => ({ ...memoryStore(), ledger: { ...emptyLedger, settledUsd } });

test('without a limit every call is booked at once', async () => {
  const account = ledgerAccount(null, spentBefore(1_000));
  const booked = Promise.all(Array.from({ length: 100 }, () => account.book(callCost(1_000))));
  await expect(booked).resolves.toHaveLength(100);
});

/** Books as soon as there is room. */
const bookLater = async (account: JudgeAccount, mostUsd: number) => {
  for (;;) {
    try {
      return await account.book(callCost(mostUsd));
    } catch (error) {
      if (!(error instanceof BudgetBusy)) throw error;
      await error.settled;
    }
  }
};

test('concurrent calls never book and cost more than the limit, and continue as room becomes free', async () => {
  const account = ledgerAccount(1, memoryStore());
  let [held, most, paid] = [0, 0, 0];
  let refused = 0;
  const caller = async (place: number) => {
    for (let calls = 0; calls < 5; calls += 1) {
      try {
        const booking = await bookLater(account, 0.25);
        held += 0.25;
        most = Math.max(most, paid + held);
        await delay((place * 3 + calls) % 5);
        const cost = ((place + calls) % 6) / 20;
        held -= 0.25;
        paid += cost;
        await booking.settle(usage(cost));
      } catch (error) {
        expect(error).toBeInstanceOf(BudgetReached);
        refused += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, place) => caller(place)));
  expect(most).toBeLessThanOrEqual(1 + 1e-9);
  expect(paid).toBeGreaterThan(0.75);
  expect(refused).toBeGreaterThan(0);
});

test('a call that waits for room hears of each settlement, and is refused if the last one leaves no room', async () => {
  const account = ledgerAccount(1, memoryStore());
  const [large, small] = [await account.book(callCost(0.5)), await account.book(callCost(0.5))];
  const fitting = bookLater(account, 0.25).then((booking) => booking.settle(usage(0.25)));
  const waiting = Promise.allSettled([fitting, bookLater(account, 0.5)]);
  await large.settle(usage(0.25));
  await small.settle(usage(0.5));
  const [fits, doesNot] = await waiting;
  expect(fits?.status).toBe('fulfilled');
  expect(doesNot).toMatchObject({ status: 'rejected', reason: expect.any(BudgetReached) });
});

test('a call that does not fit is refused once nothing is under way, whatever the amounts before were', async () => {
  // 0.1 + 0.2 − 0.1 − 0.2 is not 0 in binary fractions, so such a sum does not say what is booked.
  const account = ledgerAccount(1, memoryStore());
  const bookings = [await account.book(callCost(0.1)), await account.book(callCost(0.2))];
  for (const booking of bookings) await booking.settle(usage(0.4));
  await expect(account.book(callCost(0.5))).rejects.toBeInstanceOf(BudgetReached);
});

test('calls under way when the run was killed count at their likely cost, with the most that they can have cost beside it', async () => {
  const store = memoryStore();
  const account = ledgerAccount(1, store);
  await Promise.all([account.book(callCost(0.25, 0.125)), account.book(callCost(0.5, 0.25))]);
  expect(spentUsd(store.ledger)).toBe(0.375);
  const again = ledgerAccount(1, store);
  await expect(again.book(callCost(0.75))).rejects.toThrow('$0.3750 of $1.00');
  await (await again.book(callCost(0.5))).settle(usage(0.5));
  expect(store.ledger.unanswered).toEqual({ likelyUsd: 0.375, mostUsd: 0.75 });
});

test('concurrent calls share the writes of their bookings, and the last write holds the last state', async () => {
  const written: Ledger[] = [];
  const account = ledgerAccount(null, {
    ...memoryStore(),
    keepLedger: async (ledger) => {
      await delay(5);
      written.push(ledger);
    },
  });
  const bookings = await Promise.all(Array.from({ length: 16 }, () => account.book(callCost(0.25))));
  expect(written.at(-1)).toMatchObject({ settledUsd: 0, bookedUsd: 4 });
  await Promise.all(bookings.map((booking) => booking.settle(usage(0.125))));
  expect(written.at(-1)).toMatchObject({ settledUsd: 2, bookedUsd: 0 });
  expect(written.length).toBeLessThanOrEqual(4);
});

test('if a booking cannot be kept, neither booking nor call is made', async () => {
  let full = true;
  const account = ledgerAccount(1, {
    ...memoryStore(),
    keepLedger: async () => {
      if (full) throw new CommandError('The disk is full.');
    },
  });
  await expect(account.book(callCost(0.75))).rejects.toThrow('The disk is full.');
  full = false;
  await account.book(callCost(1));
});
