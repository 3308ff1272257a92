import { verificationReplays } from '#db/schema/replays.ts';
import { BudgetBusy } from '#verification/judges/booked-judge.ts';
import type { ServiceContext } from '../ground/context.ts';
import { isOpenIn } from '../state/checkpoint.ts';
import { SlotsTaken } from './slots.ts';

/** The judge cannot be asked now, but may be later. The message is for the run's owner. */
export class JudgeBusy extends Error {
  override readonly name = 'JudgeBusy';
}

/** The oracle was there before, but cannot be reached now. The message is for the run's owner. */
export class OracleAway extends Error {
  override readonly name = 'OracleAway';
}

/** What a replay may wait for. Waiting is not a fault. */
export type Wait = JudgeBusy | OracleAway | BudgetBusy | SlotsTaken;

export const isWait = (error: unknown): error is Wait =>
  error instanceof JudgeBusy ||
  error instanceof OracleAway ||
  error instanceof BudgetBusy ||
  error instanceof SlotsTaken;

/**
 * Whether a replay may keep waiting for a judge or oracle that it cannot ask now. Each stored step restores its
 * patience.
 */
export const isPatient = async (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  replay: { runId: string; replayId: string },
  patienceMs: number,
): Promise<boolean> => {
  const [row] = await db
    .select({ waitingSince: verificationReplays.waitingSince })
    .from(verificationReplays)
    .where(isOpenIn(replay));
  return !row?.waitingSince || now().getTime() - row.waitingSince.getTime() < patienceMs;
};
