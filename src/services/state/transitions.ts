import { and, eq, inArray, notExists, sql } from 'drizzle-orm';
import { maxRunErrorLength } from '#contracts/errors.ts';
import { isTerminal, maxActivityLength, type RunStatus, runStatuses } from '#contracts/run.ts';
import { cutText, storableText } from '#contracts/text.ts';
import type { Executor } from '#db/client.ts';
import { evidenceSets } from '#db/schema/certificate-documents.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { runSecrets, verificationRuns } from '#db/schema/runs.ts';
import { tellStatus } from './status-news.ts';

export const openStatuses: RunStatus[] = runStatuses.filter((status) => !isTerminal(status));

/** What a run says whose changes are drawn, until its first replay begins. */
export const waitingToReplay =
  'Waiting for a free worker. The changes are drawn, and the replays begin when it is their turn.';

/** The statuses from which `to` is a step forward. */
const statusesBefore = (to: RunStatus) => openStatuses.slice(0, openStatuses.indexOf(to));

/**
 * Moves a run forward to `to`, never back: a compare-and-set on the statuses before it. Clears the last passing fault
 * noted on the run, since the run got on.
 * @returns whether this call made the step; false if the run was already there or further, or had ended.
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

/** Stores what ingestion is doing or waiting for, for the run's page. */
export const noteActivity = async (executor: Executor, runId: string, message: string): Promise<void> => {
  await executor
    .update(verificationRuns)
    .set({ activity: cutMessage(message, maxActivityLength) })
    .where(and(eq(verificationRuns.id, runId), eq(verificationRuns.status, 'INGESTING')));
};

/**
 * Stores what a run under way waits for, for its page; null once it no longer waits. All replays of a run may wait
 * for the same thing, so the run's row is written, and its followers woken, only when the words change.
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

/** A worker has begun a replay: the run no longer waits for one. What it has come to wait for since stays. */
export const noteReplayBegun = async (executor: Executor, runId: string): Promise<void> => {
  await executor
    .update(verificationRuns)
    .set({ activity: null })
    .where(and(eq(verificationRuns.id, runId), eq(verificationRuns.activity, waitingToReplay)));
};

/** Ends a certifying run well: links its certificate and erases its secrets, within the caller's transaction. */
export const completeRun = async (
  transaction: Executor,
  runId: string,
  certificateId: string,
  now: Date,
): Promise<boolean> => {
  const moved = await transaction
    .update(verificationRuns)
    .set({ status: 'COMPLETED', certificateId, error: null, activity: null, network: null, updatedAt: now })
    .where(and(eq(verificationRuns.id, runId), eq(verificationRuns.status, 'CERTIFYING')))
    .returning({ createdAt: verificationRuns.createdAt });
  if (moved.length === 0) return false;
  await eraseSecrets(transaction, runId);
  for (const { createdAt } of moved) tellStatus({ runId, status: 'COMPLETED', createdAt, at: now });
  return true;
};

/** A message as it can be stored, cut to at most `maxLength` UTF-16 code units. */
export const cutMessage = (message: string, maxLength = maxRunErrorLength): string =>
  cutText(storableText(message), maxLength);

/**
 * Ends a run that has not ended yet, and erases its secrets and its evidence in the same transaction. A run whose
 * certificate is issued, and waits only for the log's signature, cannot fail any more.
 * @returns false if it had already ended: the first end stands.
 */
export const failRun = (executor: Executor, runId: string, message: string, now: Date): Promise<boolean> =>
  executor.transaction(async (transaction) => {
    const moved = await transaction
      .update(verificationRuns)
      .set({ status: 'FAILED', error: cutMessage(message), network: null, updatedAt: now })
      .where(
        and(
          eq(verificationRuns.id, runId),
          inArray(verificationRuns.status, openStatuses),
          notExists(
            transaction
              .select({ id: verificationCertificates.id })
              .from(verificationCertificates)
              .where(eq(verificationCertificates.runId, verificationRuns.id)),
          ),
        ),
      )
      .returning({ createdAt: verificationRuns.createdAt });
    if (moved.length === 0) return false;
    await eraseSecrets(transaction, runId);
    // What was written for a certificate that will not be.
    await transaction.delete(evidenceSets).where(eq(evidenceSets.runId, runId));
    for (const { createdAt } of moved) tellStatus({ runId, status: 'FAILED', createdAt, at: now });
    return true;
  });

/**
 * Stores what stopped a try while others are left. It is shown only if the run fails because of it: `run.error` is
 * null until then (see `present.ts`), and the next step forward clears it.
 * @returns how many tries have ended this way.
 */
export const noteRunFault = async (executor: Executor, runId: string, message: string): Promise<number> => {
  // `updated_at` stays: the sweep reads progress from it.
  const [run] = await executor
    .update(verificationRuns)
    .set({ error: cutMessage(message), faults: sql`${verificationRuns.faults} + 1` })
    .where(and(eq(verificationRuns.id, runId), inArray(verificationRuns.status, openStatuses)))
    .returning({ faults: verificationRuns.faults });
  return run?.faults ?? 0;
};
