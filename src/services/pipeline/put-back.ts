import { and, count, eq, lt, sql } from 'drizzle-orm';
import type { RunConfig } from '#contracts/run.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import type { WaitReason } from '#platform/telemetry/metrics.ts';
import { BudgetBusy } from '#verification/judges/booked-judge.ts';
import { isWait, JudgeBusy, OracleAway, type Wait } from '../calls/waits.ts';
import type { WorkerContext } from '../ground/context.ts';
import { isOpenIn, type ReplayRow } from '../state/checkpoint.ts';
import { scoreJob } from '../state/jobs.ts';
import { cutMessage, noteWaiting } from '../state/transitions.ts';

const leastMs = 1_000;
const mostMs = 60_000;
/** About what an oracle's call takes: a replay behind many others need not ask again that soon. */
const perReplayAheadMs = 100;

/** Waits for others end at some point; waits for our own limits do not. */
const isGivenUp = (error: Error) => error instanceof JudgeBusy || error instanceof OracleAway;

const delayOf = async (
  { db, now }: WorkerContext,
  row: ReplayRow,
  economy: boolean,
  error: Error,
): Promise<number> => {
  // A batch's bookings are settled when it ends, maybe in an hour; other calls' in seconds.
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

/** Our own reasons are sentences; a judge's are fragments. */
const closed = (reason: string) => (/[.!?]$/.test(reason) ? reason : `${reason}.`);

/**
 * Puts a replay's job back on the queue if a wait stopped it, not a fault: for the judge, the oracle, a limit or calls
 * under way. Meanwhile it holds no worker, and its run says what it waits for.
 * @returns false if something else stopped it.
 */
export const putBack = async (
  context: WorkerContext,
  {
    row,
    config: { economy, judge },
    stranger,
  }: { row: ReplayRow; config: Pick<RunConfig, 'economy' | 'judge'>; stranger: string | null },
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
      // Our own limits are waited for as long as it takes.
      ...(isGivenUp(error)
        ? { waitingSince: sql`coalesce(${verificationReplays.waitingSince}, ${now().toISOString()})` }
        : {}),
    })
    .where(isOpenIn({ runId: row.runId, replayId: row.id }));
  await noteWaiting(db, row.runId, message);
  await sender.enqueue(db, [
    {
      ...scoreJob({ id: row.runId, stranger, judge: judge.provider }, row),
      afterMs: await delayOf(context, row, economy, error),
    },
  ]);
  return true;
};
