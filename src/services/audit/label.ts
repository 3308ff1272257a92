import { and, eq } from 'drizzle-orm';
import type { AuditLabel, AuditProgress } from '#contracts/audit.ts';
import { AppError } from '#contracts/errors.ts';
import { verificationAuditLabels } from '#db/schema/audits.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { lockOpen, ownAudit } from './own-audit.ts';
import { presentProgress } from './present.ts';

/**
 * Stores what the owner says of one claim. Until the audit is finished, a claim can be labelled again.
 * @throws AppError NOT_FOUND; BAD_REQUEST if the audit is finished or closed.
 */
export const labelClaim = async (
  context: ServiceContext,
  actor: Actor,
  { id, position, label }: { id: string; position: number; label: AuditLabel },
): Promise<AuditProgress> => {
  const audit = await ownAudit(context, actor, id);
  if (position > audit.size) throw new AppError('NOT_FOUND', `This audit has ${audit.size} claims.`);
  const { db, now } = context;
  await db.transaction(async (transaction) => {
    await lockOpen(transaction, audit);
    await transaction
      .update(verificationAuditLabels)
      .set({ label, labelledAt: now() })
      .where(
        and(eq(verificationAuditLabels.auditId, audit.id), eq(verificationAuditLabels.position, position)),
      );
  });
  return presentProgress(db, audit);
};
