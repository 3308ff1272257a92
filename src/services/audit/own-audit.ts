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

/** Whether an audit can still be labelled and finished. */
export const isOpen = and(isNull(verificationAudits.finishedAt), isNull(verificationAudits.closedAt));

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

/** The ids of those that can still be shown with their changes. */
export const keptIds = (replays: Awaited<ReturnType<typeof publishedReplays>>): Set<string> =>
  new Set(replays.filter(({ groundTruthDigest }) => groundTruthDigest !== null).map(({ id }) => id));

/** @throws AppError BAD_REQUEST if the audit is finished or closed. */
export const requireOpen = ({ finishedAt, closedAt }: Pick<AuditRow, 'finishedAt' | 'closedAt'>): void => {
  if (finishedAt !== null)
    throw new AppError(
      'BAD_REQUEST',
      'This audit is finished. A certificate has one audit, and it does not change.',
    );
  if (closedAt !== null)
    throw new AppError(
      'BAD_REQUEST',
      'This audit is closed without a result: claims of it had no label yet when their replays or changes were deleted after their retention. Start a new run, and audit it before its replays are deleted too.',
    );
};

/**
 * Locks an audit until the transaction ends, so that it cannot be finished or closed while one of its labels changes.
 * @throws AppError BAD_REQUEST if it is finished or closed.
 */
export const lockOpen = async (transaction: Executor, { id }: AuditRow): Promise<void> => {
  const [locked] = await transaction
    .select({ finishedAt: verificationAudits.finishedAt, closedAt: verificationAudits.closedAt })
    .from(verificationAudits)
    .where(eq(verificationAudits.id, id))
    .for('update');
  if (locked === undefined) throw new Error('An audit is missing.');
  requireOpen(locked);
};
