import { and, asc, eq, gt, isNull, lt, notExists, or } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { cancelledByOwner, type RunConfig } from '#contracts/run.ts';
import type { Executor } from '#db/client.ts';
import { logRegistrations } from '#db/schema/log.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { endOfReplay, scoreReplay } from '#verification/replay/score.ts';
import { compositeOf } from '#verification/statistics/aggregate.ts';
import { sum } from '#verification/statistics/interval.ts';
import type { WorkerContext } from '../ground/context.ts';
import { eachByItself } from '../ground/each-by-itself.ts';
import { publishCheckpoint } from '../log/publish.ts';
import { type AttemptEnd, closeAttempt } from '../log/register.ts';
import { isLogStopped } from '../log/stopped.ts';
import { checkpointOf, replaysInChunks, wordlessSteps } from '../state/checkpoint.ts';

/** How long a run that failed or was cancelled can be resumed (methodology, "Attempts"). */
export const resumableMs = 7 * 24 * 60 * 60_000;

const attemptsPerTurn = 100;

/** What was scored before the run failed, with the mean that the certificate would have had of it. */
const endOf = async (
  executor: Executor,
  runId: string,
  { weights }: Pick<RunConfig, 'weights'>,
): Promise<Omit<AttemptEnd, 'outcome'>> => {
  const rows = replaysInChunks((after, size) =>
    executor
      .select({
        position: verificationReplays.position,
        groundTruthId: verificationReplays.groundTruthId,
        ...wordlessSteps,
      })
      .from(verificationReplays)
      .where(and(eq(verificationReplays.runId, runId), eq(verificationReplays.state, 'ended'), after))
      .orderBy(asc(verificationReplays.position))
      .limit(size),
  );
  const outcomes: (string | undefined)[] = [];
  const composites: number[] = [];
  for await (const row of rows) {
    const checkpoint = checkpointOf(row);
    outcomes.push(endOfReplay(checkpoint)?.outcome);
    const score = scoreReplay(row.groundTruthId, checkpoint);
    if (score !== null) composites.push(compositeOf(score, weights));
  }
  const countOf = (outcome: string) => outcomes.filter((each) => each === outcome).length;
  return {
    scored: composites.length,
    oracle_failures: countOf('oracle_failure'),
    unscored: countOf('unscored'),
    mean: composites.length === 0 ? null : Math.round((sum(composites) / composites.length) * 1e6) / 1e6,
  };
};

/**
 * Logs the outcome of attempts whose last run failed or was cancelled and cannot be resumed: nothing of it was stored, or
 * seven days have passed. Then signs whatever no signed checkpoint holds yet.
 */
export const closeAttempts = async (context: WorkerContext): Promise<void> => {
  const { db, now } = context;
  const resuming = alias(verificationRuns, 'resuming');
  const over = and(
    isNull(logRegistrations.closedAt),
    eq(verificationRuns.status, 'FAILED'),
    or(
      isNull(verificationRuns.draw),
      lt(verificationRuns.updatedAt, new Date(now().getTime() - resumableMs)),
    ),
    notExists(
      db
        .select({ id: resuming.id })
        .from(resuming)
        .where(and(eq(resuming.continuesRunId, verificationRuns.id), eq(resuming.continuation, 'resume'))),
    ),
  );
  const attempts = (executor: Executor) =>
    executor
      .select({
        runId: verificationRuns.id,
        registrationId: logRegistrations.id,
        config: verificationRuns.config,
        error: verificationRuns.error,
      })
      .from(verificationRuns)
      .innerJoin(logRegistrations, eq(logRegistrations.id, verificationRuns.registrationId));
  const close = ({ runId }: { runId: string }) =>
    db.transaction(async (transaction) => {
      // Locked before it is checked again, as resuming does too.
      const [attempt] = await attempts(transaction)
        .where(and(eq(verificationRuns.id, runId), over))
        .for('update');
      if (attempt === undefined) return;
      const outcome = attempt.error === cancelledByOwner ? 'cancelled' : 'failed';
      await closeAttempt(transaction, context, attempt.registrationId, {
        outcome,
        ...(await endOf(transaction, runId, attempt.config)),
      });
    });
  // Those that fail again and again must not take the turns of all others.
  for (let closed = 0, last: string | null = null; closed < attemptsPerTurn; ) {
    const next: { runId: string }[] = await attempts(db)
      .where(and(over, last === null ? undefined : gt(verificationRuns.id, last)))
      .orderBy(asc(verificationRuns.id))
      .limit(attemptsPerTurn);
    closed += await eachByItself(context, next, {
      about: ({ runId }) => ({ runId }),
      work: close,
      isOfAll: isLogStopped,
    });
    last = next.at(-1)?.runId ?? null;
    if (next.length < attemptsPerTurn) break;
  }
  await publishCheckpoint(context);
};
