import { and, eq, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import { type JudgeProvider, judgeProviders, variablesOf } from '#contracts/judge-providers.ts';
import type { Executor } from '#db/client.ts';
import { judgeBatchItems, waitingStates } from '#db/schema/judge-batches.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Job } from '#queue/jobs.ts';
import { runsWithJobs } from '#queue/stored-jobs.ts';
import { leaveSingle } from '../calls/batch/items.ts';
import { endLostBookings } from '../calls/spend.ts';
import type { ServiceContext } from '../ground/context.ts';
import { eachByItself } from '../ground/each-by-itself.ts';
import { certifyJob, ingestJob, judgeOfRun, scoreJob } from '../state/jobs.ts';
import { advance, failRun, openStatuses } from '../state/transitions.ts';
import { type LiveWorkers, liveWorkers } from '../state/workers.ts';

/**
 * A run's jobs are queued together with the state that calls for them, and leave the queue only as dead letters. So a run
 * that nothing works on is rare: its jobs were deleted by hand, or the queue was restored from an older copy. Such a run
 * gets its jobs again after half a minute of rest; a week after it began it fails. A replay whose calls wait for a batch
 * has no job on purpose: it gets one when the batch has ended or is given up.
 */
export const sweepBounds = {
  restMs: 30_000,
  abandonMs: 7 * 24 * 60 * 60 * 1000,
  /** The API promises that a batch ends within 24 hours. */
  batchMs: 48 * 60 * 60 * 1000,
  /** How long a run waits for a worker that may and can work on it. */
  stalledMs: 24 * 60 * 60 * 1000,
};

type RunRow = Pick<
  typeof verificationRuns.$inferSelect,
  'id' | 'status' | 'draw' | 'turn' | 'stranger' | 'config'
>;

/** The jobs that this state calls for. A run whose replays have all ended is advanced first. */
const missingJobs = async (transaction: Executor, run: RunRow, now: Date): Promise<Job[]> => {
  const asked = { id: run.id, stranger: run.stranger, judge: run.config.judge.provider };
  const certify = certifyJob(asked);
  if (run.status === 'CERTIFYING') return [certify];
  if (run.draw === null) return [ingestJob(run)];
  const open = await transaction
    .select({ id: verificationReplays.id, turn: verificationReplays.turn })
    .from(verificationReplays)
    .where(and(eq(verificationReplays.runId, run.id), eq(verificationReplays.state, 'open')));
  if (open.length > 0) {
    const waiting = await transaction
      .selectDistinct({ replayId: judgeBatchItems.replayId })
      .from(judgeBatchItems)
      .innerJoin(verificationReplays, eq(verificationReplays.id, judgeBatchItems.replayId))
      .where(and(eq(verificationReplays.runId, run.id), inArray(judgeBatchItems.state, waitingStates)));
    const excused = new Set(waiting.map(({ replayId }) => replayId));
    return open.filter(({ id }) => !excused.has(id)).map((replay) => scoreJob(asked, replay));
  }
  await advance(transaction, run.id, 'CERTIFYING', now);
  return [certify];
};

/** Calls that were sent stay booked: a batch that ends after all may be charged. */
const giveUpBatches = async (context: Pick<ServiceContext, 'db'>, before: Date) => {
  const old = lt(judgeBatchItems.createdAt, before);
  await leaveSingle(context, and(eq(judgeBatchItems.state, 'queued'), old), { charged: false });
  const sent = inArray(judgeBatchItems.state, ['submitting', 'submitted']);
  await leaveSingle(context, and(sent, old), { charged: true });
};

/** What a run waits for whose work no worker may or can do. */
const stalledFor = (judge: JudgeProvider, { carriesOut }: LiveWorkers): string =>
  carriesOut
    ? `Waiting: no worker has the ${judge} judge. Set ${variablesOf(judge)} for one of them.`
    : 'Waiting: the engine is off (ENGINE_ENABLED=false), so no worker carries out runs.';

/** Notes which runs no living worker may or can work on, and ends those that have waited too long. */
const noteStalled = async ({ db, now }: Pick<ServiceContext, 'db' | 'now'>): Promise<void> => {
  const at = now();
  const live = await liveWorkers(db, at);
  // This worker has not announced itself yet, so the others may not have either.
  if (live.count === 0) return;
  const isOpen = inArray(verificationRuns.status, openStatuses);
  if (live.carriesOut)
    await db
      .update(verificationRuns)
      .set({ stalledSince: null, activity: null })
      .where(and(isOpen, inArray(judgeOfRun, [...live.judges]), isNotNull(verificationRuns.stalledSince)));
  for (const judge of judgeProviders.filter((provider) => !live.judges.has(provider))) {
    const activity = stalledFor(judge, live);
    const isUnserved = and(isOpen, eq(judgeOfRun, judge));
    await db
      .update(verificationRuns)
      .set({
        stalledSince: sql`coalesce(${verificationRuns.stalledSince}, ${at.toISOString()})`,
        activity,
      })
      .where(
        and(
          isUnserved,
          or(
            isNull(verificationRuns.stalledSince),
            sql`${verificationRuns.activity} is distinct from ${activity}::text`,
          ),
        ),
      );
    const before = new Date(at.getTime() - sweepBounds.stalledMs);
    const given = await db
      .select({ id: verificationRuns.id, draw: verificationRuns.draw })
      .from(verificationRuns)
      .where(and(isUnserved, lt(verificationRuns.stalledSince, before)));
    for (const { id, draw } of given)
      await failRun(
        db,
        id,
        `No worker could work on this run for 24 hours. ${activity.replace('Waiting: ', 'The reason: ')} ${draw === null ? 'Retry the run once that is mended.' : 'Resume the run once that is mended: what was done so far is kept.'}`,
        at,
      );
  }
};

/** Finds the runs that nothing works on and makes sure that they end. Two simultaneous sweeps do it once. */
export const sweepRuns = async (
  context: Pick<ServiceContext, 'db' | 'sender' | 'now' | 'log'>,
): Promise<void> => {
  const { db, sender, now, log } = context;
  const at = now();
  const before = (ms: number) => new Date(at.getTime() - ms);
  await giveUpBatches(context, before(sweepBounds.batchMs));
  await endLostBookings(db, at);
  await noteStalled(context);
  // Read runs before jobs: a run that ends between the two is checked again below, under its lock.
  const resting = await db
    .select({ id: verificationRuns.id })
    .from(verificationRuns)
    .where(
      and(
        inArray(verificationRuns.status, openStatuses),
        lt(verificationRuns.updatedAt, before(sweepBounds.restMs)),
      ),
    );
  if (resting.length === 0) return;
  const working = await runsWithJobs(db);
  const mend = ({ id }: { id: string }) =>
    db.transaction(async (transaction) => {
      const [run] = await transaction
        .select()
        .from(verificationRuns)
        .where(and(eq(verificationRuns.id, id), inArray(verificationRuns.status, openStatuses)))
        .for('update', { skipLocked: true });
      if (!run || (await runsWithJobs(transaction)).has(id)) return;
      if (run.createdAt < before(sweepBounds.abandonMs)) {
        await failRun(transaction, id, 'Nothing has worked on this run for a week. Start it again.', at);
        return;
      }
      const jobs = await missingJobs(transaction, run, at);
      if (jobs.length === 0) return;
      log.warn(
        { runId: id, status: run.status, jobs: jobs.length },
        'A run had lost its jobs and gets them again',
      );
      await sender.enqueue(transaction, jobs);
    });
  await eachByItself(
    context,
    resting.filter((run) => !working.has(run.id)),
    { about: ({ id }) => ({ runId: id }), work: mend },
  );
};
