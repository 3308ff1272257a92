import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { Continuation, RunConfig } from '#contracts/run.ts';
import type { ContinueRequest } from '#contracts/run-request.ts';
import type { Executor } from '#db/client.ts';
import { logRegistrations } from '#db/schema/log.ts';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { standingOf } from '../ground/standing.ts';
import { carryReplays } from '../state/carry-replays.ts';
import { certifyJob, ingestJob, scoreJob } from '../state/jobs.ts';
import { dollars } from '../state/spending.ts';
import { waitingToReplay } from '../state/transitions.ts';
import { giveTurns, ingestionTurn } from '../state/turns.ts';
import { whyNotAdmitted } from './admission.ts';
import { requireLimits } from './config.ts';
import { holdRoom } from './evidence-room.ts';
import { getRun } from './get.ts';
import { networkOfRun, type RunCreated } from './insert.ts';
import { holdLimits, type Start } from './limits.ts';
import { lockAttempt } from './lock-attempt.ts';
import { secretsAgain } from './secrets-again.ts';

const notNow = (message: string) => new AppError('BAD_REQUEST', message, [{ path: 'id', message }]);

/** Whether the attempt's outcome is in the log. */
const isClosed = async (executor: Executor, registrationId: string | null): Promise<boolean> => {
  if (registrationId === null) return false;
  const [registration] = await executor
    .select({ closedAt: logRegistrations.closedAt })
    .from(logRegistrations)
    .where(eq(logRegistrations.id, registrationId));
  return registration?.closedAt != null;
};

/** A limit that the attempt has spent already would end it again at its first call. */
const limitSpent = (spentUsd: number, limitUsd: number) => {
  const message = `The judge has cost ${dollars(spentUsd)} in this attempt so far, and the limit is ${dollars(limitUsd)}. Resume it with a limit above what is spent.`;
  return new AppError('BAD_REQUEST', message, [{ path: 'maxCostUsd', message }]);
};

/**
 * Resumes or retries a failed run as a new run that names the old one, which stays as it is. `resume` is the same attempt:
 * its sample, seed and stored steps move to the new run, and it can be done once. `retry` is a new attempt on the stored
 * ground truth.
 * @throws AppError NOT_FOUND; BAD_REQUEST if the run cannot be resumed or retried, its limit is spent or cannot be held, or a secret must be
 * given again; and as `createRun` if no run can be started now.
 */
export const continueRun = async (
  context: ServiceContext,
  actor: Actor,
  how: Continuation,
  request: ContinueRequest,
  address: string | null = null,
): Promise<RunCreated> => {
  const { db, sender, secretBox, now } = context;
  const { status, can, costUsd } = await getRun(context, actor, request.id);
  if (status !== 'FAILED')
    throw notNow('Only a run that has failed or was cancelled can be resumed or retried.');
  const { run: old, holder } = await lockAttempt(db, request.id);
  const isStored = holder.draw !== null;
  if (how === 'resume' && !isStored) throw notNow('This run stored nothing that could be resumed. Retry it.');
  const maxCostUsd = request.maxCostUsd ?? old.config.maxCostUsd;
  if (how === 'resume' && maxCostUsd !== null && maxCostUsd <= costUsd) throw limitSpent(costUsd, maxCostUsd);
  if (how === 'retry' && !can.retry) throw notNow('The sample run cannot be retried. Start a new one.');
  const start: Start = { replays: old.config.limit, isResumed: how === 'resume' };
  const standing = await standingOf(context, actor);
  const refusal = await whyNotAdmitted(context, actor, {
    standing,
    address,
    judge: old.config.judge.provider,
    start,
  });
  if (refusal) throw refusal;
  const config: RunConfig = { ...old.config, standing, maxCostUsd };
  requireLimits(context, config);
  const secrets = await secretsAgain(context, config, request, !isStored);

  const runId = randomUUID();
  const at = now();
  const begun = await db.transaction(async (transaction): Promise<RunCreated['status']> => {
    await holdLimits(transaction, context, actor, start);
    await holdRoom(transaction, context, actor, { standing, replays: start.replays });
    const locked = await lockAttempt(transaction, old.id);
    if (how === 'resume' && locked.resumedBy !== null)
      throw notNow(`This run was resumed already, by the run ${locked.resumedBy}.`);
    if (how === 'resume' && (await isClosed(transaction, old.registrationId)))
      throw notNow('This attempt is closed: a run can be resumed for seven days. Retry it.');
    const { id: from, draw, snapshotDigest } = locked.holder;
    if ((draw !== null) !== isStored)
      throw notNow(
        'This run’s stored replays have just been deleted, because their retention ended. Try again.',
      );
    const turn = draw === null ? await ingestionTurn(transaction, actor.userId) : 0;
    const [inserted] = await transaction
      .insert(verificationRuns)
      .values({
        id: runId,
        turn,
        userId: actor.userId,
        constructId: old.constructId,
        repoUrl: old.repoUrl,
        network: networkOfRun(config, address),
        config,
        continuesRunId: old.id,
        continuation: how,
        ...(how === 'resume' ? { promptDigest: old.promptDigest, registrationId: old.registrationId } : {}),
        createdAt: at,
        updatedAt: at,
        ...(draw === null ? {} : { status: 'INGESTING' as const, draw, snapshotDigest }),
      })
      .returning({ id: verificationRuns.id, stranger: verificationRuns.stranger });
    if (inserted === undefined) throw new Error('Inserting a run returned no row.');
    await transaction
      .insert(runSecrets)
      .values({ runId, sealed: secretBox.seal(runId, secrets), createdAt: at });
    if (draw === null) {
      await sender.enqueue(transaction, [ingestJob({ ...inserted, turn })]);
      return 'PENDING';
    }
    const carried = await carryReplays(transaction, how, { from, to: runId, limit: old.config.limit, at });
    const open = carried.filter(({ state }) => state === 'open');
    const begins = open.length === 0 ? 'CERTIFYING' : 'INGESTING';
    const ended = carried.filter(({ state, outcome }) => state === 'ended' && outcome !== 'replaced').length;
    await transaction
      .update(verificationRuns)
      .set({
        progress: ended,
        total: ended + open.length,
        status: begins,
        activity: open.length === 0 ? null : waitingToReplay,
      })
      .where(eq(verificationRuns.id, runId));
    const asked = { ...inserted, judge: old.config.judge.provider };
    const waiting = await giveTurns(transaction, { runId, userId: actor.userId });
    await sender.enqueue(
      transaction,
      waiting.length === 0 ? [certifyJob(asked)] : waiting.map((replay) => scoreJob(asked, replay)),
    );
    return begins;
  });
  return { runId, status: begun, createdAt: at.toISOString(), judge: old.config.judge.provider };
};
