import { eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { JudgeUsage } from '#contracts/replay.ts';
import type { Executor } from '#db/client.ts';
import { judgeSpend } from '#db/schema/replays.ts';
import { countedCostUsd } from '#verification/judges/model/prices.ts';
import type { ServiceContext } from '../ground/context.ts';
import { amountsOf, dollars, ofAttempt, ofDay } from '../state/spending.ts';

/**
 * The next call does not fit into a limit, and nothing that is under way will make room; the message is for the run's
 * owner.
 */
export class BudgetReached extends Error {
  override readonly name = 'BudgetReached';
}

/** The next call may fit once calls under way are settled to what they really cost. */
export class BudgetBusy extends Error {
  override readonly name = 'BudgetBusy';
}

/** Any constant serves; every booking must use this one. */
const bookingLock = 4_020_736_913;

export type Booking = { id: string; settle(usage: JudgeUsage, uncertain?: number): Promise<void> };

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
 * @throws BudgetReached, BudgetBusy
 */
export const bookCall = async (
  { db, now, policy }: Pick<ServiceContext, 'now' | 'policy'> & { db: Executor },
  { runId, limitUsd }: { runId: string; limitUsd: number | null },
  mostUsd: number,
): Promise<Booking> => {
  const id = await db.transaction(async (transaction) => {
    const at = now();
    // Where nothing limits, nobody has to wait for another's booking.
    if (limitUsd !== null || policy.maxCostUsdPerDay !== null)
      await transaction.execute(sql`select pg_advisory_xact_lock(${bookingLock})`);
    const check = async (
      limit: number | null,
      where: SQL,
      { reached, remedy }: { reached: string; remedy: string },
    ) => {
      if (limit === null) return;
      const { booked, underWay } = await amountsOf(transaction, where, at);
      if (booked + mostUsd <= limit) return;
      if (underWay) throw new BudgetBusy('Calls under way hold what is left of a limit.');
      throw new BudgetReached(
        `${reached} ${dollars(booked)} of ${dollars(limit)} are spent, and the next call to the judge may cost ${dollars(mostUsd)}. What is scored is kept: ${remedy}`,
      );
    };
    await check(limitUsd, ofAttempt(runId), {
      reached: 'The run’s limit for its judge is reached:',
      remedy: 'resume the run with a higher limit.',
    });
    await check(policy.maxCostUsdPerDay, ofDay(at), {
      reached: 'The installation’s daily limit for its judge (MAX_COST_USD_PER_DAY) is reached:',
      remedy: 'resume the run after 00:00 UTC, when the day’s budget begins anew.',
    });
    const [row] = await transaction
      .insert(judgeSpend)
      .values({ runId, costUsd: mostUsd, settled: false, createdAt: at })
      .returning({ id: judgeSpend.id });
    if (!row) throw new Error('A booking was inserted and no row came back.');
    return row.id;
  });
  return { id, settle: (usage, uncertain) => settleBooking(db, id, usage, uncertain) };
};
