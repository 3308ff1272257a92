import { isPaid } from '#contracts/judge-providers.ts';
import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import { askingThrough, type CallCost, type Judge, NotSent } from './judge.ts';

/**
 * The next call does not fit into a limit, and no call under way will make room. The message is for the run's owner.
 */
export class BudgetReached extends Error {
  override readonly name = 'BudgetReached';
}

/** The next call may fit once calls under way are settled at their actual cost. */
export class BudgetBusy extends Error {
  override readonly name = 'BudgetBusy';
  /**
   * Resolves when one of them is settled. Null: they may settle in other processes, which this one does not hear of.
   */
  readonly settled: Promise<void> | null;

  constructor(settled: Promise<void> | null = null) {
    super('Calls under way hold the rest of a limit.');
    this.settled = settled;
  }
}

/** A limit in US dollars. `reached` tells the run's owner that it has no room for a call of `mostUsd`. */
export type Limit = { usd: number; reached: (spentUsd: number, mostUsd: number) => string };

/** What counts against a limit. */
export type Spent = {
  bookedUsd: number;
  /** Whether calls that are booked at their maximum may still turn out cheaper. */
  underWay: boolean;
  /** Resolves when the next of them is settled, if this process hears of it. */
  settled?: Promise<void>;
};

/**
 * The one rule of every limit: a call is made if the bookings leave room for the most that it can cost.
 * @throws BudgetReached, BudgetBusy
 */
export const requireRoom = (
  { usd, reached }: Limit,
  { bookedUsd, underWay, settled }: Spent,
  mostUsd: number,
): void => {
  if (bookedUsd + mostUsd <= usd) return;
  if (underWay) throw new BudgetBusy(settled);
  throw new BudgetReached(reached(bookedUsd, mostUsd));
};

export type Booking = {
  /**
   * Replaces the booked amount by the call's cost. A call that cost nothing gives its booking back.
   * @param uncertain how often it was sent without an answer. Each time counts at its likely cost, because it may have
   * been charged.
   */
  settle(usage: JudgeUsage, uncertain?: number): Promise<void>;
  /** Ends a call that was cut off. It counts at its likely cost, because it may have been charged. */
  breakOff(): Promise<void>;
};

/** A port: books each of a run's judge calls before it is made, at the most that it can cost. */
export type JudgeAccount = {
  /**
   * Resolves once the booking is stored.
   * @throws BudgetReached, BudgetBusy
   */
  book(cost: CallCost): Promise<Booking>;
};

/**
 * What a call counts that was cut off, by a kill or a lost connection: the mean cost of the run's answered calls, or
 * before there is one its estimate. Nobody learns what it was charged. Its most would end runs for money that was never
 * spent; that is only stated, as a bound.
 */
export const likelyCostUsd = (
  { likelyUsd, mostUsd }: CallCost,
  answered: { calls: number; costUsd: number },
): number => Math.min(mostUsd, answered.calls > 0 ? answered.costUsd / answered.calls : likelyUsd);

/**
 * A judge whose calls are booked before they are made and settled when they return, even if the answer is useless. So
 * parallel calls cannot exceed a limit. A judge that costs nothing is not booked. Replies pass unchanged: the judge saw
 * none of the run's secrets, and other runs share its verdicts.
 */
export const bookedJudge = (judge: Judge, account: JudgeAccount): Judge => {
  if (!isPaid(judge.provider)) return judge;
  return askingThrough(judge, (opened) => {
    const underWay = new Set<Promise<unknown>>();
    let endedCalls = 0;
    let turn: Promise<unknown> = Promise.resolve();
    const book = async (cost: CallCost): Promise<Booking> => {
      for (;;) {
        const endedBefore = endedCalls;
        try {
          return await account.book(cost);
        } catch (error) {
          if (!(error instanceof BudgetBusy)) throw error;
          // The call that held the money may have settled since the account looked.
          if (endedCalls > endedBefore) continue;
          // Wait here for this replay's own calls: ending the try would lose their answers.
          const settlements = [...underWay, ...(error.settled === null ? [] : [error.settled])];
          if (settlements.length === 0) throw error;
          await Promise.race(settlements);
        }
      }
    };
    const bookInTurn = (cost: CallCost): Promise<Booking> => {
      const booked = turn.then(() => book(cost));
      turn = booked.catch(() => undefined);
      return booked;
    };
    return async (...question) => {
      const booking = await bookInTurn(opened.costOf(question[0]));
      const call = opened.ask(...question).then(
        async (reply) => {
          await booking.settle(reply.usage, reply.uncertain);
          return reply;
        },
        async (error: unknown) => {
          if (error instanceof NotSent) {
            await booking.settle(noUsage);
            throw error.cause;
          }
          await booking.breakOff();
          throw error;
        },
      );
      const ended = call.then(
        () => undefined,
        () => undefined,
      );
      underWay.add(ended);
      return call.finally(() => {
        underWay.delete(ended);
        endedCalls += 1;
      });
    };
  });
};
