import type { Audit, AuditProgress } from '#contracts/audit.ts';
import { AppError } from '#contracts/errors.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { isId } from '../ground/page.ts';
import { publicRead } from '../ground/public-read.ts';
import { auditOf, ownAudit } from './own-audit.ts';
import { presentAudit, presentProgress } from './present.ts';

/**
 * How far the audit of the actor's run has come.
 * @throws AppError NOT_FOUND, also if none was begun.
 */
export const getAuditProgress = async (
  context: ServiceContext,
  actor: Actor,
  runId: string,
): Promise<AuditProgress> => presentProgress(context.db, await ownAudit(context, actor, runId));

/** The audit of a certificate, null if none was begun. Anyone may read it. */
export const findPublicAudit = async (
  { db }: Pick<ServiceContext, 'db'>,
  certificateId: string,
): Promise<Audit | null> =>
  isId(certificateId)
    ? publicRead(db, async (snapshot) => {
        const audit = await auditOf(snapshot, certificateId);
        return audit === undefined ? null : presentAudit(snapshot, audit);
      })
    : null;

/**
 * The same for who asks for it by name.
 * @throws AppError NOT_FOUND if none was begun, also for a malformed id.
 */
export const getPublicAudit = async (
  context: Pick<ServiceContext, 'db'>,
  certificateId: string,
): Promise<Audit> => {
  const audit = await findPublicAudit(context, certificateId);
  if (audit === null) throw new AppError('NOT_FOUND', 'There is no audit of such a certificate.');
  return audit;
};
