import { randomUUID } from 'node:crypto';
import { eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { JudgeUsage } from '#contracts/replay.ts';
import type { Executor } from '#db/client.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { type JudgeAccount, requireRoom } from '#verification/judges/booked-judge.ts';
import { countedCostUsd } from '#verification/judges/model/prices.ts';
import type { ServiceContext } from '../ground/context.ts';
import { amountsOf, dollars, ofAttempt, ofDay } from '../state/spending.ts';

/** Any constant serves; every booking must use this one. */
const bookingLock = 4_020_736_913;

/** Whose calls are booked: a run's, with its own limit beside the installation's. */
type Payer = { runId: string; limitUsd: number | null };

/**
 * Replaces what a call was booked at by what it took.
 * @param uncertain how often it was sent without an answer: each time counts for what was booked, since it may have been
 * charged.
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

/** Gives back what was booked for calls that were not made or not charged. */
export const releaseBookings = async (executor: Executor, ids: string[]): Promise<void> => {
  if (ids.length > 0) await executor.delete(judgeSpend).where(inArray(judgeSpend.id, ids));
};

/**
 * Books a call at the most that it can cost, before it is made: limits hold for calls side by side, on however many
 * machines, because bookings are made one after the other.
 * @param db where it is a transaction, the booking is part of it, and others wait with theirs until it has ended.
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
    // Where nothing limits, nobody has to wait for another's booking.
    if (limitUsd !== null || policy.maxCostUsdPerDay !== null)
      await transaction.execute(sql`select pg_advisory_xact_lock(${bookingLock})`);
    const check = async (
      usd: number | null,
      where: SQL,
      { limit, remedy }: { limit: string; remedy: string },
    ) => {
      if (usd === null) return;
      const reached = (spentUsd: number, nextUsd: number) =>
        `${limit} is reached: ${dollars(spentUsd)} of ${dollars(usd)} are spent, and the next call to the judge may cost ${dollars(nextUsd)}. What is scored is kept: ${remedy}`;
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

/** A run's account in Postgres. What is booked there counts for every worker, and for the day's limit of all runs. */
export const judgeAccount = (
  context: Pick<ServiceContext, 'db' | 'now' | 'policy'>,
  payer: Payer,
): JudgeAccount => ({
  book: async (mostUsd) => {
    const id = await bookCall(context, payer, mostUsd);
    return {
      settle: (usage, uncertain) => {
        const settle = () => settleBooking(context.db, id, usage, uncertain);
        // Twice, because the first statement after a lost connection fails: the answer is paid for.
        return settle().catch(settle);
      },
      // What is never settled stays booked as it is; so does what a worker that died leaves behind.
      breakOff: async () => {},
    };
  },
});
