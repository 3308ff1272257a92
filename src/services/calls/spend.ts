import { randomUUID } from 'node:crypto';
import { and, eq, gt, inArray, lt, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { JudgeUsage } from '#contracts/replay.ts';
import type { Executor } from '#db/client.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { type JudgeAccount, requireRoom } from '#verification/judges/booked-judge.ts';
import type { CallCost } from '#verification/judges/judge.ts';
import { countedCostUsd } from '#verification/judges/model/prices.ts';
import type { ServiceContext } from '../ground/context.ts';
import { amountsOf, dollars, ofAttempt, ofDay } from '../state/spending.ts';
import { holdLease, leaseMs } from './lease.ts';

/** The number is arbitrary; every booking must use this one. */
const bookingLock = 4_020_736_913;

/** The run that calls are booked to, with its own limit next to the installation's. */
type Payer = { runId: string; limitUsd: number | null };

/** The likely cost of a call, as `likelyCostUsd` has it. */
const likelyCost = (executor: Executor): SQL => {
  const answered = alias(judgeSpend, 'answered');
  const mean = executor
    .select({ usd: sql`sum(${answered.costUsd}) / sum(${answered.calls})` })
    .from(answered)
    .where(and(eq(answered.runId, judgeSpend.runId), gt(answered.calls, 0)));
  return sql`least(${judgeSpend.mostUsd}, coalesce((${mean}), ${judgeSpend.likelyUsd}))`;
};

const cutOff = (executor: Executor, which: SQL | undefined) =>
  executor
    .update(judgeSpend)
    .set({ state: 'cut', costUsd: likelyCost(executor), leasedUntil: null })
    .where(and(eq(judgeSpend.state, 'open'), which));

/** Ends the bookings of calls that may have been charged and whose answer nobody will get. */
export const cutOffBookings = async (executor: Executor, ids: string[]): Promise<void> => {
  if (ids.length > 0) await cutOff(executor, inArray(judgeSpend.id, ids));
};

/** Ends the bookings that nobody renews: their worker died. */
export const endLostBookings = async (executor: Executor, now: Date): Promise<void> => {
  await cutOff(executor, lt(judgeSpend.leasedUntil, now));
};

/**
 * Replaces the booked amount of a call by what it took.
 * @param uncertain how often the call was sent without an answer. Each time counts at the likely cost, because it may
 * have been charged.
 */
export const settleBooking = async (
  executor: Executor,
  id: string,
  usage: JudgeUsage,
  uncertain = 0,
): Promise<void> => {
  const isCall = eq(judgeSpend.id, id);
  await executor.transaction(async (transaction) => {
    // Each sending without an answer gets a row of its own, beside the answer's.
    for (let lost = 0; lost < uncertain; lost += 1)
      await transaction.execute(sql`
        insert into judge_spend (run_id, state, cost_usd, likely_usd, most_usd, created_at)
        select run_id, 'cut', ${likelyCost(transaction)}, likely_usd, most_usd, created_at
        from judge_spend where ${isCall}`);
    if (usage.calls === 0) await releaseBookings(transaction, [id]);
    else {
      const [booked] = await transaction
        .select({ mostUsd: judgeSpend.mostUsd })
        .from(judgeSpend)
        .where(isCall)
        .for('update');
      if (booked === undefined) return;
      const costUsd = countedCostUsd(usage, booked.mostUsd);
      await transaction
        .update(judgeSpend)
        .set({
          ...usage,
          costUsd,
          mostUsd: costUsd,
          isKnown: usage.costUsd !== null,
          state: 'settled',
          leasedUntil: null,
        })
        .where(isCall);
    }
  });
};

/** Releases the bookings of calls that were not made or not charged. */
export const releaseBookings = async (executor: Executor, ids: string[]): Promise<void> => {
  if (ids.length > 0) await executor.delete(judgeSpend).where(inArray(judgeSpend.id, ids));
};

/**
 * Books a call at the most that it can cost, before it is made. Bookings are made one at a time, so that limits also
 * apply to calls side by side on any number of machines.
 * @param db if it is a transaction, the booking is part of it, and other bookings wait until it ends.
 * @param held by a batch: the booking is open while its call waits there. By a worker: it is leased, and open while the
 * worker renews it.
 * @returns the booking's id.
 * @throws BudgetReached, BudgetBusy
 */
export const bookCall = (
  { db, now, policy }: Pick<ServiceContext, 'now' | 'policy'> & { db: Executor },
  { runId, limitUsd }: Payer,
  { likelyUsd, mostUsd }: CallCost,
  held: { by: 'worker' } | { by: 'batch'; id: string } = { by: 'worker' },
): Promise<string> =>
  db.transaction(async (transaction) => {
    const at = now();
    // Without a limit, bookings need no lock.
    if (limitUsd !== null || policy.maxCostUsdPerDay !== null) {
      await transaction.execute(sql`select pg_advisory_xact_lock(${bookingLock})`);
      await endLostBookings(transaction, at);
    }
    const check = async (
      usd: number | null,
      where: SQL,
      { limit, remedy }: { limit: string; remedy: string },
    ) => {
      if (usd === null) return;
      const reached = (spentUsd: number, nextUsd: number) =>
        `${limit} is reached: ${dollars(spentUsd)} of ${dollars(usd)} are spent, and the next call to the judge may cost ${dollars(nextUsd)}. All scores so far are kept: ${remedy}`;
      requireRoom({ usd, reached }, await amountsOf(transaction, where), mostUsd);
    };
    await check(limitUsd, ofAttempt(runId), {
      limit: 'The run’s limit for its judge',
      remedy: 'resume the run with a higher limit.',
    });
    await check(policy.maxCostUsdPerDay, ofDay(at), {
      limit: 'The installation’s daily limit for its judge (MAX_COST_USD_PER_DAY)',
      remedy: 'resume the run after 00:00 UTC, when the day’s budget starts over.',
    });
    const id = held.by === 'batch' ? held.id : randomUUID();
    await transaction.insert(judgeSpend).values({
      id,
      runId,
      state: 'open',
      costUsd: mostUsd,
      likelyUsd,
      mostUsd,
      leasedUntil: held.by === 'batch' ? null : new Date(at.getTime() + leaseMs),
      createdAt: at,
    });
    return id;
  });

/** Renews a booking's lease while its call is under way. */
export const holdBooking = ({ db, now }: Pick<ServiceContext, 'db' | 'now'>, id: string): (() => void) =>
  holdLease(
    (leasedUntil) =>
      db
        .update(judgeSpend)
        .set({ leasedUntil })
        .where(and(eq(judgeSpend.id, id), eq(judgeSpend.state, 'open'))),
    now,
  );

/** A run's account in Postgres. Its bookings count for every worker, and towards the daily limit of all runs. */
export const judgeAccount = (
  context: Pick<ServiceContext, 'db' | 'now' | 'policy'>,
  payer: Payer,
): JudgeAccount => ({
  book: async (cost) => {
    const id = await bookCall(context, payer, cost);
    const end = holdBooking(context, id);
    return {
      settle: (usage, uncertain) => {
        end();
        const settle = () => settleBooking(context.db, id, usage, uncertain);
        // Try twice: the first statement after a lost connection fails, and the answer is already paid for.
        return settle().catch(settle);
      },
      breakOff: async () => {
        end();
        // If this fails, the lease ends it.
        await cutOffBookings(context.db, [id]).catch(() => undefined);
      },
    };
  },
});
