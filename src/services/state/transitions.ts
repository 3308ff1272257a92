import { and, eq, inArray, sql } from 'drizzle-orm';
import { maxRunErrorLength } from '#contracts/errors.ts';
import { isTerminal, maxActivityLength, type RunStatus, runStatuses } from '#contracts/run.ts';
import { cutText, storableText } from '#contracts/text.ts';
import type { Executor } from '#db/client.ts';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import { tellStatus } from './status-news.ts';

export const openStatuses: RunStatus[] = runStatuses.filter((status) => !isTerminal(status));

/** The statuses from which `to` is a step forward. */
const statusesBefore = (to: RunStatus) => openStatuses.slice(0, openStatuses.indexOf(to));

/**
 * Moves a run forward to `to`, never back: a compare-and-set on the statuses before it. The last passing fault that
 * was noted on the run is wiped, since the run got on.
 * @returns whether this call made the step; false where the run was there already, beyond, or ended.
 */
export const advance = async (
  executor: Executor,
  runId: string,
  to: 'INGESTING' | 'INVOKING' | 'SCORING' | 'CERTIFYING',
  now: Date,
): Promise<boolean> => {
  const moved = await executor
    .update(verificationRuns)
    .set({ status: to, error: null, activity: null, updatedAt: now })
    .where(and(eq(verificationRuns.id, runId), inArray(verificationRuns.status, statusesBefore(to))))
    .returning({ createdAt: verificationRuns.createdAt });
  for (const { createdAt } of moved) tellStatus({ runId, status: to, createdAt, at: now });
  return moved.length > 0;
};

const eraseSecrets = (executor: Executor, runId: string) =>
  executor.delete(runSecrets).where(eq(runSecrets.runId, runId));

/** Keeps what ingestion is doing or waiting for, for the run's page. */
export const noteActivity = async (executor: Executor, runId: string, message: string): Promise<void> => {
  await executor
    .update(verificationRuns)
    .set({ activity: cutMessage(message, maxActivityLength) })
    .where(and(eq(verificationRuns.id, runId), eq(verificationRuns.status, 'INGESTING')));
};

/**
 * Keeps what a run that is under way waits for, for its page; null where it waits no longer. All of a run's replays may
 * wait for the same: the row that they share, and whoever follows it, are touched where the words change.
 */
export const noteWaiting = async (
  executor: Executor,
  runId: string,
  message: string | null,
): Promise<void> => {
  const activity = message === null ? null : cutMessage(message, maxActivityLength);
  await executor
    .update(verificationRuns)
    .set({ activity })
    .where(
      and(
        eq(verificationRuns.id, runId),
        inArray(verificationRuns.status, openStatuses),
        sql`${verificationRuns.activity} is distinct from ${activity}::text`,
      ),
    );
};

/** Ends a certifying run well: its certificate is linked, its secrets are erased. Within the caller's transaction. */
export const completeRun = async (
  transaction: Executor,
  runId: string,
  certificateId: string,
  now: Date,
): Promise<boolean> => {
  const moved = await transaction
    .update(verificationRuns)
    .set({ status: 'COMPLETED', certificateId, error: null, activity: null, updatedAt: now })
    .where(and(eq(verificationRuns.id, runId), eq(verificationRuns.status, 'CERTIFYING')))
    .returning({ createdAt: verificationRuns.createdAt });
  if (moved.length === 0) return false;
  await eraseSecrets(transaction, runId);
  for (const { createdAt } of moved) tellStatus({ runId, status: 'COMPLETED', createdAt, at: now });
  return true;
};

/** A message as it can be stored, at most `maxLength` UTF-16 code units of it. */
export const cutMessage = (message: string, maxLength = maxRunErrorLength): string =>
  cutText(storableText(message), maxLength);

/**
 * Ends a run that has not ended yet; its secrets go in the same transaction.
 * @returns false where it had ended already: the first end stands.
 */
export const failRun = (executor: Executor, runId: string, message: string, now: Date): Promise<boolean> =>
  executor.transaction(async (transaction) => {
    const moved = await transaction
      .update(verificationRuns)
      .set({ status: 'FAILED', error: cutMessage(message), updatedAt: now })
      .where(and(eq(verificationRuns.id, runId), inArray(verificationRuns.status, openStatuses)))
      .returning({ createdAt: verificationRuns.createdAt });
    if (moved.length === 0) return false;
    await eraseSecrets(transaction, runId);
    for (const { createdAt } of moved) tellStatus({ runId, status: 'FAILED', createdAt, at: now });
    return true;
  });

/**
 * Keeps what stopped an attempt while others are left. It is shown only if the run fails of it: `run.error` is null
 * until then (see `present.ts`), and the next step forward wipes it.
 * @returns how many attempts have ended so.
 */
export const noteRunFault = async (executor: Executor, runId: string, message: string): Promise<number> => {
  // Not `updated_at`: that is what the sweep tells progress by.
  const [run] = await executor
    .update(verificationRuns)
    .set({ error: cutMessage(message), faults: sql`${verificationRuns.faults} + 1` })
    .where(and(eq(verificationRuns.id, runId), inArray(verificationRuns.status, openStatuses)))
    .returning({ faults: verificationRuns.faults });
  return run?.faults ?? 0;
};
