import { eq } from 'drizzle-orm';
import type { AuditProgress } from '#contracts/audit.ts';
import { AppError } from '#contracts/errors.ts';
import { verificationAudits } from '#db/schema/audits.ts';
import { auditResult } from '#verification/audit/result.ts';
import { getPublicCertificate } from '../certificate/get.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { lockOpen, ownAudit } from './own-audit.ts';
import { presentProgress, sampledLabelsOf } from './present.ts';

/**
 * Finishes the audit of the actor's run: computes its result and publishes it beside the certificate, with its labels.
 * @throws AppError NOT_FOUND; BAD_REQUEST if it is finished or closed, or a claim has no label.
 */
export const finishAudit = async (
  context: ServiceContext,
  actor: Actor,
  runId: string,
): Promise<AuditProgress> => {
  const audit = await ownAudit(context, actor, runId);
  const { db, now } = context;
  const certificate = await getPublicCertificate(context, audit.certificateId);
  const finished = await db.transaction(async (transaction) => {
    await lockOpen(transaction, audit);
    const sample = await sampledLabelsOf(transaction, audit.id);
    const missing = sample.filter(({ label }) => label === null).length;
    if (missing > 0)
      throw new AppError('BAD_REQUEST', `${missing} of ${audit.size} claims have no label yet.`);
    const [row] = await transaction
      .update(verificationAudits)
      .set({ result: auditResult(certificate, sample), finishedAt: now() })
      .where(eq(verificationAudits.id, audit.id))
      .returning();
    return row;
  });
  if (finished === undefined) throw new Error('The audit was not stored.');
  return presentProgress(db, finished);
};
