import { and, count, eq, lt, sql } from 'drizzle-orm';
import type { RunConfig } from '#contracts/run.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import type { WaitReason } from '#platform/telemetry/metrics.ts';
import { BudgetBusy } from '#verification/judges/booked-judge.ts';
import { isWait, JudgeBusy, OracleAway, type Wait } from '../calls/waits.ts';
import type { WorkerContext } from '../ground/context.ts';
import { isOpenIn, type ReplayRow } from '../state/checkpoint.ts';
import { scoreJob } from '../state/score-job.ts';
import { cutMessage, noteWaiting } from '../state/transitions.ts';

const leastMs = 1_000;
const mostMs = 60_000;
/** About what an oracle's call takes: who stands behind so many others need not ask for so long. */
const perReplayAheadMs = 100;

/** Others are waited for, but not for ever. */
const isGivenUp = (error: Error) => error instanceof JudgeBusy || error instanceof OracleAway;

const delayOf = async (
  { db, now }: WorkerContext,
  row: ReplayRow,
  economy: boolean,
  error: Error,
): Promise<number> => {
  // What a batch holds is settled when that has ended, in an hour perhaps; other calls in seconds.
  if (error instanceof BudgetBusy) return economy ? mostMs : 2_000;
  if (isGivenUp(error)) {
    // Another worker's clock may be ahead.
    const waitedMs =
      row.waitingSince === null ? 0 : Math.max(0, now().getTime() - row.waitingSince.getTime());
    return Math.min(mostMs, 5_000 + waitedMs / 4);
  }
  const [ahead] = await db
    .select({ replays: count() })
    .from(verificationReplays)
    .where(
      and(
        eq(verificationReplays.runId, row.runId),
        eq(verificationReplays.state, 'open'),
        lt(verificationReplays.position, row.position),
      ),
    );
  return Math.min(mostMs, leastMs + (ahead?.replays ?? 0) * perReplayAheadMs);
};

const reasonOf = (error: Wait): WaitReason => {
  if (error instanceof JudgeBusy) return 'judge_unavailable';
  if (error instanceof OracleAway) return 'oracle_unreachable';
  return error instanceof BudgetBusy ? 'budget' : 'call_slots';
};

/** Reasons of our own are sentences, a judge's are parts of one. */
const closed = (reason: string) => (/[.!?]$/.test(reason) ? reason : `${reason}.`);

/**
 * Puts a replay's job back on the queue where it was stopped by no fault but by a wait: for the judge or the oracle,
 * for a limit, for calls under way. Meanwhile it holds no worker, and its run says what is waited for.
 * @returns false where it was something else.
 */
export const putBack = async (
  context: WorkerContext,
  { row, config: { economy } }: { row: ReplayRow; config: Pick<RunConfig, 'economy'> },
  error: unknown,
): Promise<boolean> => {
  if (!isWait(error)) return false;
  const { db, sender, metrics, now } = context;
  metrics.waited(reasonOf(error));
  const message = cutMessage(`Waiting: ${closed(error.message)}`);
  await db
    .update(verificationReplays)
    .set({
      reason: message,
      // Limits of our own are waited for as long as it takes.
      ...(isGivenUp(error)
        ? { waitingSince: sql`coalesce(${verificationReplays.waitingSince}, ${now().toISOString()})` }
        : {}),
    })
    .where(isOpenIn({ runId: row.runId, replayId: row.id }));
  await noteWaiting(db, row.runId, message);
  await sender.enqueue(db, [
    { ...scoreJob(row.runId, row), afterMs: await delayOf(context, row, economy, error) },
  ]);
  return true;
};
