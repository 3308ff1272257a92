import { randomUUID } from 'node:crypto';
import { eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { JudgeUsage } from '#contracts/replay.ts';
import type { Executor } from '#db/client.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { type JudgeAccount, requireRoom } from '#verification/judges/booked-judge.ts';
import { countedCostUsd } from '#verification/judges/model/prices.ts';
import type { ServiceContext } from '../ground/context.ts';
import { amountsOf, dollars, ofAttempt, ofDay } from '../state/spending.ts';

/** The number is arbitrary; every booking must use this one. */
const bookingLock = 4_020_736_913;

/** The run that calls are booked to, with its own limit next to the installation's. */
type Payer = { runId: string; limitUsd: number | null };

/**
 * Replaces the booked amount of a call by what it took.
 * @param uncertain how often the call was sent without an answer. Each time counts at the booked amount, because it
 * may have been charged.
 */
export const settleBooking = async (
  executor: Executor,
  id: string,
  usage: JudgeUsage,
  uncertain = 0,
): Promise<void> => {
  if (usage.calls === 0 && uncertain === 0) await releaseBookings(executor, [id]);
  else
    await executor
      .update(judgeSpend)
      .set({
        ...usage,
        costUsd: sql`${countedCostUsd(usage)}::float8 + ${uncertain} * ${judgeSpend.costUsd}`,
        settled: true,
      })
      .where(eq(judgeSpend.id, id));
};

/** Releases the bookings of calls that were not made or not charged. */
export const releaseBookings = async (executor: Executor, ids: string[]): Promise<void> => {
  if (ids.length > 0) await executor.delete(judgeSpend).where(inArray(judgeSpend.id, ids));
};

/**
 * Books a call at the most that it can cost, before it is made. Bookings are made one at a time, so that limits also
 * apply to calls side by side on any number of machines.
 * @param db if it is a transaction, the booking is part of it, and other bookings wait until it ends.
 * @returns the booking's id.
 * @throws BudgetReached, BudgetBusy
 */
export const bookCall = (
  { db, now, policy }: Pick<ServiceContext, 'now' | 'policy'> & { db: Executor },
  { runId, limitUsd }: Payer,
  mostUsd: number,
  id: string = randomUUID(),
): Promise<string> =>
  db.transaction(async (transaction) => {
    const at = now();
    // Without a limit, bookings need no lock.
    if (limitUsd !== null || policy.maxCostUsdPerDay !== null)
      await transaction.execute(sql`select pg_advisory_xact_lock(${bookingLock})`);
    const check = async (
      usd: number | null,
      where: SQL,
      { limit, remedy }: { limit: string; remedy: string },
    ) => {
      if (usd === null) return;
      const reached = (spentUsd: number, nextUsd: number) =>
        `${limit} is reached: ${dollars(spentUsd)} of ${dollars(usd)} are spent, and the next call to the judge may cost ${dollars(nextUsd)}. All scores so far are kept: ${remedy}`;
      requireRoom({ usd, reached }, await amountsOf(transaction, where, at), mostUsd);
    };
    await check(limitUsd, ofAttempt(runId), {
      limit: 'The run’s limit for its judge',
      remedy: 'resume the run with a higher limit.',
    });
    await check(policy.maxCostUsdPerDay, ofDay(at), {
      limit: 'The installation’s daily limit for its judge (MAX_COST_USD_PER_DAY)',
      remedy: 'resume the run after 00:00 UTC, when the day’s budget starts over.',
    });
    await transaction
      .insert(judgeSpend)
      .values({ id, runId, costUsd: mostUsd, settled: false, createdAt: at });
    return id;
  });

/** A run's account in Postgres. Its bookings count for every worker, and towards the daily limit of all runs. */
export const judgeAccount = (
  context: Pick<ServiceContext, 'db' | 'now' | 'policy'>,
  payer: Payer,
): JudgeAccount => ({
  book: async (mostUsd) => {
    const id = await bookCall(context, payer, mostUsd);
    return {
      settle: (usage, uncertain) => {
        const settle = () => settleBooking(context.db, id, usage, uncertain);
        // Try twice: the first statement after a lost connection fails, and the answer is already paid for.
        return settle().catch(settle);
      },
      // A call that is never settled stays booked; so does one that a dead worker left.
      breakOff: async () => {},
    };
  },
});
