import type { CertificateStanding, RevocationRequest } from '#contracts/certificate-standing.ts';
import { certificateRevocations } from '#db/schema/certificate-standing.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { appendUnsigned } from '../log/append-unsigned.ts';
import { requireMay } from './permission.ts';
import { getCertificateStanding } from './standing.ts';

/**
 * Revokes a certificate for good, with an entry in the log. One that is revoked already stays as it is, with the reason
 * that it has.
 * @returns what became of the certificate.
 * @throws AppError NOT_FOUND, FORBIDDEN; PRECONDITION_FAILED where the log has stopped.
 */
export const revokeCertificate = async (
  context: ServiceContext,
  actor: Actor,
  { id, reason }: RevocationRequest,
): Promise<CertificateStanding> => {
  const { db, now, log } = context;
  await requireMay(context, actor, 'revoke', id);
  const isNew = await db.transaction(async (transaction) => {
    const revoked = await transaction
      .insert(certificateRevocations)
      .values({ certificateId: id, reason, revokedAt: now() })
      .onConflictDoNothing()
      .returning({ id: certificateRevocations.certificateId });
    if (revoked.length === 0) return false;
    await appendUnsigned(transaction, context, [{ kind: 'revocation', subject: id, reason }]);
    return true;
  });
  if (isNew) log.info({ certificateId: id, userId: actor.userId, reason }, 'A certificate was revoked');
  return getCertificateStanding(context, id);
};
