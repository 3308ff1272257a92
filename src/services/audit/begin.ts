import type { AuditProgress } from '#contracts/audit.ts';
import { AppError } from '#contracts/errors.ts';
import { createPermits } from '#db/permits.ts';
import { verificationAuditLabels, verificationAudits } from '#db/schema/audits.ts';
import { ruledReplays } from '#verification/audit/claims.ts';
import { auditSeed, certificateDigest } from '#verification/audit/result.ts';
import { auditSample } from '#verification/audit/sample.ts';
import { presentCertificate } from '#verification/certificate/present.ts';
import { storedCertificate } from '../certificate/get.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { ownRun } from '../state/own-run.ts';
import { auditOf, isPrivate, keptIds, publishedReplays } from './own-audit.ts';
import { presentProgress } from './present.ts';

/** Each holds a whole certificate, so a process begins few at once. */
const atOnce = 2;
const waitMs = 60_000;
const inTurn = createPermits(
  atOnce,
  waitMs,
  () => new AppError('SERVICE_UNAVAILABLE', 'Many audits are being begun just now. Try again in a minute.'),
);

/**
 * Begins the audit of the actor's run, or returns the one that was begun: a certificate has one audit.
 * @throws AppError NOT_FOUND; BAD_REQUEST if the run has no certificate, its replays or a change that the audit would
 * show were deleted, or its judge ruled on no claim; SERVICE_UNAVAILABLE if many are being begun.
 */
export const beginAudit = (context: ServiceContext, actor: Actor, runId: string): Promise<AuditProgress> =>
  inTurn(() => begin(context, actor, runId));

/** Draws from the certificate alone. Of the replays it only reads which of them can still be shown. */
const begin = async (context: ServiceContext, actor: Actor, runId: string): Promise<AuditProgress> => {
  const { db, now } = context;
  const { certificateId } = await ownRun(context, actor, runId);
  if (certificateId === null)
    throw new AppError('BAD_REQUEST', 'This run has no certificate, so there is nothing to audit.');
  const begun = await auditOf(db, certificateId);
  if (begun !== undefined) return presentProgress(db, begun);

  const replays = await publishedReplays(db, runId, await isPrivate(db, certificateId));
  if (replays.length === 0)
    throw new AppError(
      'BAD_REQUEST',
      'The replays of this run were deleted after their retention, so its claims are no longer known. Start a new run, and audit it before its replays are deleted too.',
    );
  const stored = await storedCertificate(db, certificateId);
  if (stored === undefined) throw new Error('The run’s certificate is not stored.');
  const digest = certificateDigest(presentCertificate(stored, stored.replayScores));
  const sample = auditSample(ruledReplays(stored.rawScores), auditSeed(digest));
  if (sample.length === 0)
    throw new AppError(
      'BAD_REQUEST',
      'The judge ruled on no claim of this run, so there is nothing to audit.',
    );
  const kept = keptIds(replays);
  // A certificate has one audit: one that cannot be finished would take its place.
  if (sample.some(({ replay }) => !kept.has(replay)))
    throw new AppError(
      'BAD_REQUEST',
      'Changes that this audit would show have been erased after their retention, so their claims can no longer be labelled. Start a new run, and audit it before its changes are erased too.',
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
