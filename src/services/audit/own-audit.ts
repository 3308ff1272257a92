import { and, eq, isNull } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { Executor } from '#db/client.ts';
import { verificationAudits } from '#db/schema/audits.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { withPublishedIds } from '#verification/certificate/raw-replay.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { ownRun } from '../state/own-run.ts';

export type AuditRow = typeof verificationAudits.$inferSelect;

/** The audit of a certificate; undefined if none was begun. */
export const auditOf = async (db: Executor, certificateId: string): Promise<AuditRow | undefined> => {
  const [audit] = await db
    .select()
    .from(verificationAudits)
    .where(eq(verificationAudits.certificateId, certificateId));
  return audit;
};

/**
 * The audit of the actor's run.
 * @throws AppError NOT_FOUND, also if none was begun.
 */
export const ownAudit = async (
  context: Pick<ServiceContext, 'db'>,
  actor: Actor,
  runId: string,
): Promise<AuditRow> => {
  const { certificateId } = await ownRun(context, actor, runId);
  const audit = certificateId === null ? undefined : await auditOf(context.db, certificateId);
  if (audit === undefined) throw new AppError('NOT_FOUND', 'No audit of this run was begun.');
  return audit;
};

/** Whether a certificate is of a private repository, whose ids are not published. */
export const isPrivate = async (db: Executor, certificateId: string): Promise<boolean> => {
  const [certificate] = await db
    .select({ private: verificationCertificates.private })
    .from(verificationCertificates)
    .where(eq(verificationCertificates.id, certificateId));
  return certificate?.private ?? false;
};

/** The replays of a run by the ids that its certificate has for them. */
export const publishedReplays = async (db: Executor, runId: string, isOrdinal: boolean) => {
  const { id: replayId, groundTruthId, groundTruthDigest, outcome } = verificationReplays;
  const replays = await db
    .select({ replayId, groundTruthId, groundTruthDigest, outcome })
    .from(verificationReplays)
    .where(eq(verificationReplays.runId, runId));
  const ended = replays.flatMap(({ outcome: ending, ...replay }) =>
    ending === null ? [] : [{ ...replay, end: { outcome: ending, reason: null } }],
  );
  return withPublishedIds(ended, isOrdinal);
};

/** What a finished audit says when somebody wants to change it. */
export const alreadyFinished = () =>
  new AppError('BAD_REQUEST', 'This audit is finished. A certificate has one audit, and it does not change.');

/**
 * Locks an audit until the transaction ends, so that it cannot be finished while one of its labels changes.
 * @throws AppError BAD_REQUEST if it is finished.
 */
export const lockOpen = async (transaction: Executor, { id }: AuditRow): Promise<void> => {
  const [open] = await transaction
    .select({ id: verificationAudits.id })
    .from(verificationAudits)
    .where(and(eq(verificationAudits.id, id), isNull(verificationAudits.finishedAt)))
    .for('update');
  if (open === undefined) throw alreadyFinished();
};
