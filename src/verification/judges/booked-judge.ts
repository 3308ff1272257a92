import { isPaid } from '#contracts/judge-providers.ts';
import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import { askingThrough, type Judge, NotSent } from './judge.ts';

/** The next call does not fit into a limit, and no call under way will make room; the message is for the run's owner. */
export class BudgetReached extends Error {
  override readonly name = 'BudgetReached';
}

/** The next call may fit once calls under way are settled to what they really cost. */
export class BudgetBusy extends Error {
  override readonly name = 'BudgetBusy';
  /** Resolves when one of them is settled; null where that happens in other processes too, and is not heard of here. */
  readonly settled: Promise<void> | null;

  constructor(settled: Promise<void> | null = null) {
    super('Calls under way hold what is left of a limit.');
    this.settled = settled;
  }
}

/** A limit in US dollars. `reached` says, for the run's owner, that it has no room for a call of `mostUsd`. */
export type Limit = { usd: number; reached: (spentUsd: number, mostUsd: number) => string };

/** What stands against a limit. */
export type Spent = {
  bookedUsd: number;
  /** Whether calls that were booked at their most may yet turn out cheaper. */
  underWay: boolean;
  /** Resolves when the next of them is settled, where that is heard of. */
  settled?: Promise<void>;
};

/**
 * The one rule of every limit: a call is made if what is booked leaves room for the most that it can cost.
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
   * Replaces what was booked by what the call took; where it took nothing, the booking is given back.
   * @param uncertain how often it was sent without an answer: each time counts for what was booked, since it may have
   * been charged.
   */
  settle(usage: JudgeUsage, uncertain?: number): Promise<void>;
  /** Ends a call that was broken off: it stays booked at its most, since it may have been charged. */
  breakOff(): Promise<void>;
};

/** A port: where a run's calls to its judges are booked, each at the most that it can cost, before it is made. */
export type JudgeAccount = {
  /**
   * Resolves once the booking is kept.
   * @throws BudgetReached, BudgetBusy
   */
  book(mostUsd: number): Promise<Booking>;
};

/**
 * A judge whose calls are booked before they are made, and settled as they return, also those whose answer is of no use.
 * So calls side by side cannot overrun a limit. One that costs nothing is not booked. Replies are left as they are: the
 * judge saw nothing of the run's secrets, and other runs share what it says.
 */
export const bookedJudge = (judge: Judge, account: JudgeAccount): Judge => {
  if (!isPaid(judge.provider)) return judge;
  return askingThrough(judge, (opened) => {
    const underWay = new Set<Promise<unknown>>();
    let turn: Promise<unknown> = Promise.resolve();
    const book = async (mostUsd: number): Promise<Booking> => {
      for (;;) {
        try {
          return await account.book(mostUsd);
        } catch (error) {
          if (!(error instanceof BudgetBusy)) throw error;
          // What this replay's own calls hold is waited for here: their answers would be lost with the replay's try.
          const settlements = [...underWay, ...(error.settled === null ? [] : [error.settled])];
          if (settlements.length === 0) throw error;
          await Promise.race(settlements);
        }
      }
    };
    const bookInTurn = (mostUsd: number): Promise<Booking> => {
      const booked = turn.then(() => book(mostUsd));
      turn = booked.catch(() => undefined);
      return booked;
    };
    return async (...question) => {
      const booking = await bookInTurn(opened.mostUsd(question[0]));
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
      return call.finally(() => underWay.delete(ended));
    };
  });
};
