import { z } from 'zod';
import { unansweredCallsSchema } from '#contracts/certificate.ts';
import { type JudgeAccount, likelyCostUsd, requireRoom } from '#verification/judges/booked-judge.ts';
import type { CallCost } from '#verification/judges/judge.ts';
import { countedCostUsd } from '#verification/judges/model/prices.ts';

/**
 * What a run's calls to its judges cost, in US dollars. `settledUsd` is for calls that have ended: those that were
 * answered, and those whose answer was lost at their likely cost. `bookedUsd` is the most that the calls under way
 * (`open`) may cost.
 */
export const ledgerSchema = z.object({
  settledUsd: z.number(),
  bookedUsd: z.number(),
  open: z.object({ calls: z.number().int(), likelyUsd: z.number() }),
  answered: z.object({ calls: z.number().int(), costUsd: z.number() }),
  unanswered: unansweredCallsSchema,
});
export type Ledger = z.infer<typeof ledgerSchema>;

export const emptyLedger: Ledger = {
  settledUsd: 0,
  bookedUsd: 0,
  open: { calls: 0, likelyUsd: 0 },
  answered: { calls: 0, costUsd: 0 },
  unanswered: { likelyUsd: 0, mostUsd: 0 },
};

/** The ledger with calls ended whose answer is lost: they count at their likely cost. */
const withLost = (ledger: Ledger, calls: number, cost: CallCost): Ledger => {
  const likelyUsd = calls * likelyCostUsd(cost, ledger.answered);
  return {
    ...ledger,
    settledUsd: ledger.settledUsd + likelyUsd,
    unanswered: {
      likelyUsd: ledger.unanswered.likelyUsd + likelyUsd,
      mostUsd: ledger.unanswered.mostUsd + calls * cost.mostUsd,
    },
  };
};

/** The ledger as a new start finds it: calls that were under way when the run was killed are lost. */
const atStart = (ledger: Ledger): Ledger => {
  const { bookedUsd, open } = ledger;
  const none = { ...ledger, bookedUsd: 0, open: emptyLedger.open };
  if (open.calls === 0) return none;
  return withLost(none, open.calls, {
    likelyUsd: open.likelyUsd / open.calls,
    mostUsd: bookedUsd / open.calls,
  });
};

/** What a new start counts as spent. */
export const spentUsd = (ledger: Ledger): number => atStart(ledger).settledUsd;

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
  let state = atStart(ledger);
  let settlement = Promise.withResolvers<void>();
  const write = writtenInTurn(keepLedger);
  const keep = () => write(state);
  const begin = ({ likelyUsd, mostUsd }: CallCost) => {
    const { bookedUsd, open } = state;
    state = {
      ...state,
      bookedUsd: bookedUsd + mostUsd,
      open: { calls: open.calls + 1, likelyUsd: open.likelyUsd + likelyUsd },
    };
  };
  const end = ({ likelyUsd, mostUsd }: CallCost, ended: (ledger: Ledger) => Ledger) => {
    const { bookedUsd, open } = state;
    // Sums of binary fractions leave a remainder, which would block free room.
    state = ended(
      open.calls === 1
        ? { ...state, bookedUsd: 0, open: emptyLedger.open }
        : {
            ...state,
            bookedUsd: bookedUsd - mostUsd,
            open: { calls: open.calls - 1, likelyUsd: open.likelyUsd - likelyUsd },
          },
    );
    settlement.resolve();
    settlement = Promise.withResolvers();
  };
  const reached = (spent: number, mostUsd: number) =>
    `The judge’s limit is reached: $${spent.toFixed(4)} of $${limitUsd?.toFixed(2)} are spent, and the next call may cost $${mostUsd.toFixed(4)}.`;
  return {
    book: async (cost) => {
      const spent = {
        bookedUsd: state.settledUsd + state.bookedUsd,
        underWay: state.open.calls > 0,
        settled: settlement.promise,
      };
      if (limitUsd !== null) requireRoom({ usd: limitUsd, reached }, spent, cost.mostUsd);
      begin(cost);
      try {
        await keep();
      } catch (error) {
        end(cost, (ledger) => ledger);
        throw error;
      }
      return {
        settle: (usage, uncertain = 0) => {
          end(cost, (before) => {
            const costUsd = countedCostUsd(usage, cost.mostUsd);
            const { answered, settledUsd } = before;
            return withLost(
              {
                ...before,
                settledUsd: settledUsd + costUsd,
                answered: { calls: answered.calls + usage.calls, costUsd: answered.costUsd + costUsd },
              },
              uncertain,
              cost,
            );
          });
          return keep();
        },
        breakOff: () => {
          end(cost, (before) => withLost(before, 1, cost));
          return keep();
        },
      };
    },
  };
};
