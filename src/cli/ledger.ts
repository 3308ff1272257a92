import { z } from 'zod';
import { type JudgeAccount, requireRoom } from '#verification/judges/booked-judge.ts';
import { countedCostUsd } from '#verification/judges/model/prices.ts';

/**
 * What a run's calls to its judges cost, in US dollars: `settledUsd` for calls that have ended, `bookedUsd` the most
 * that calls under way may cost.
 */
export const ledgerSchema = z.object({ settledUsd: z.number(), bookedUsd: z.number() });
export type Ledger = z.infer<typeof ledgerSchema>;

export const emptyLedger: Ledger = { settledUsd: 0, bookedUsd: 0 };

/** What a new start counts as spent. Calls that were cut off count too, because they may have been charged. */
export const spentUsd = ({ settledUsd, bookedUsd }: Ledger): number => settledUsd + bookedUsd;

/**
 * Writes states one after another. Each call resolves once its state or a later one is written. Calls that arrive during
 * a write share the next one, so each waits for at most two writes.
 */
const writtenInTurn = <State>(write: (state: State) => Promise<void>): ((state: State) => Promise<void>) => {
  let underWay: Promise<unknown> = Promise.resolve();
  let newest: State;
  let next: Promise<void> | null = null;
  return (state) => {
    newest = state;
    if (next === null) {
      next = underWay.then(() => {
        next = null;
        return write(newest);
      });
      underWay = next.catch(() => undefined);
    }
    return next;
  };
};

/**
 * A run's account in its ledger, for this one process. The ledger holds a booking until its call has ended, so a run
 * cannot exceed its limit by being stopped and resumed.
 */
export const ledgerAccount = (
  limitUsd: number | null,
  { ledger, keepLedger }: { ledger: Ledger; keepLedger: (ledger: Ledger) => Promise<void> },
): JudgeAccount => {
  let settledUsd = spentUsd(ledger);
  let bookedUsd = 0;
  let underWay = 0;
  let settlement = Promise.withResolvers<void>();
  const write = writtenInTurn(keepLedger);
  const keep = () => write({ settledUsd, bookedUsd });
  const end = (mostUsd: number, costUsd: number) => {
    underWay -= 1;
    // Sums of binary fractions leave a remainder, which would block free room.
    bookedUsd = underWay === 0 ? 0 : bookedUsd - mostUsd;
    settledUsd += costUsd;
    settlement.resolve();
    settlement = Promise.withResolvers();
  };
  const reached = (spent: number, mostUsd: number) =>
    `The judge’s limit is reached: $${spent.toFixed(4)} of $${limitUsd?.toFixed(2)} are spent, and the next call may cost $${mostUsd.toFixed(4)}.`;
  return {
    book: async (mostUsd) => {
      const spent = {
        bookedUsd: settledUsd + bookedUsd,
        underWay: underWay > 0,
        settled: settlement.promise,
      };
      if (limitUsd !== null) requireRoom({ usd: limitUsd, reached }, spent, mostUsd);
      bookedUsd += mostUsd;
      underWay += 1;
      try {
        await keep();
      } catch (error) {
        end(mostUsd, 0);
        throw error;
      }
      return {
        settle: (usage, uncertain = 0) => {
          end(mostUsd, countedCostUsd(usage) + uncertain * mostUsd);
          return keep();
        },
        breakOff: () => {
          end(mostUsd, mostUsd);
          return keep();
        },
      };
    },
  };
};
