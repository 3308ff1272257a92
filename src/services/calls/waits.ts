import { SlotsTaken } from './slots.ts';
import { BudgetBusy } from './spend.ts';

/** The judge cannot be asked just now, and may be later; the message is for the run's owner. */
export class JudgeBusy extends Error {
  override readonly name = 'JudgeBusy';
}

/** The oracle, which was there before, cannot be reached just now; the message is for the run's owner. */
export class OracleAway extends Error {
  override readonly name = 'OracleAway';
}

/** What a replay waits for; none of it is a fault. */
export type Wait = JudgeBusy | OracleAway | BudgetBusy | SlotsTaken;

export const isWait = (error: unknown): error is Wait =>
  error instanceof JudgeBusy ||
  error instanceof OracleAway ||
  error instanceof BudgetBusy ||
  error instanceof SlotsTaken;
