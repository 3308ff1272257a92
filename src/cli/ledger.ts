import { z } from 'zod';

/**
 * What a run's calls to its judges come to, in US dollars: `settledUsd` of those that have ended, `bookedUsd` the most
 * that those under way may cost.
 */
export const ledgerSchema = z.object({ settledUsd: z.number(), bookedUsd: z.number() });
export type Ledger = z.infer<typeof ledgerSchema>;

export const emptyLedger: Ledger = { settledUsd: 0, bookedUsd: 0 };

/** What a run that begins anew has spent: what was under way when it was cut off may have been charged. */
export const spentUsd = ({ settledUsd, bookedUsd }: Ledger): number => settledUsd + bookedUsd;

/**
 * Writes states one after another. Each call resolves once its state or a later one is written: those that come while a
 * write is under way share the next, so that many side by side wait for two writes at most.
 */
export const inTurn = <State>(write: (state: State) => Promise<void>): ((state: State) => Promise<void>) => {
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
