import { eq } from 'drizzle-orm';
import type { AuditProgress } from '#contracts/audit.ts';
import { AppError } from '#contracts/errors.ts';
import { verificationAuditLabels, verificationAudits } from '#db/schema/audits.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { auditableReplays } from '#verification/audit/claims.ts';
import { auditSeed, certificateDigest } from '#verification/audit/result.ts';
import { auditSample } from '#verification/audit/sample.ts';
import { getPublicCertificate } from '../certificate/get.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { checkpointOf } from '../state/checkpoint.ts';
import { auditOf, isPrivate, ownRun } from './own-audit.ts';
import { presentProgress } from './present.ts';

/**
 * Begins the audit of the actor's run, or returns the one that was begun: a certificate has one audit.
 * @throws AppError NOT_FOUND; BAD_REQUEST if the run has no certificate, its replays were deleted, or its judge ruled
 * on no claim.
 */
export const beginAudit = async (
  context: ServiceContext,
  actor: Actor,
  runId: string,
): Promise<AuditProgress> => {
  const { db, now } = context;
  const { certificateId } = await ownRun(context, actor, runId);
  if (certificateId === null)
    throw new AppError('BAD_REQUEST', 'This run has no certificate, so there is nothing to audit.');
  const begun = await auditOf(db, certificateId);
  if (begun !== undefined) return presentProgress(db, begun);

  const certificate = await getPublicCertificate(context, certificateId);
  const replays = await db.select().from(verificationReplays).where(eq(verificationReplays.runId, runId));
  if (replays.length === 0)
    throw new AppError(
      'BAD_REQUEST',
      'The replays of this run were deleted after their retention, so its claims are no longer known.',
    );
  const digest = certificateDigest(certificate);
  const sample = auditSample(
    auditableReplays(
      replays.map((row) => ({ groundTruthId: row.groundTruthId, checkpoint: checkpointOf(row) })),
      await isPrivate(db, certificateId),
    ),
    auditSeed(digest),
  );
  if (sample.length === 0)
    throw new AppError(
      'BAD_REQUEST',
      'The judge ruled on no claim of this run, so there is nothing to audit.',
    );

  await db.transaction(async (transaction) => {
    const [audit] = await transaction
      .insert(verificationAudits)
      .values({ certificateId, certificateDigest: digest, size: sample.length, begunAt: now() })
      .onConflictDoNothing()
      .returning({ id: verificationAudits.id });
    // Begun twice at once: the other one has the same sample.
    if (audit === undefined) return;
    await transaction.insert(verificationAuditLabels).values(
      sample.map(({ replay, claim, supported, inclusionProbability }, index) => ({
        auditId: audit.id,
        position: index + 1,
        groundTruthId: replay,
        claimId: claim,
        supported,
        inclusionProbability,
      })),
    );
  });
  const audit = await auditOf(db, certificateId);
  if (audit === undefined) throw new Error('The audit was not stored.');
  return presentProgress(db, audit);
};
