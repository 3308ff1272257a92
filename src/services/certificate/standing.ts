import { and, eq } from 'drizzle-orm';
import type { CertificateStanding } from '#contracts/certificate-standing.ts';
import { AppError } from '#contracts/errors.ts';
import { certificateDocuments } from '#db/schema/certificate-documents.ts';
import { logEntries } from '#db/schema/log.ts';
import { readDocument } from '#verification/certificate/document.ts';
import type { ServiceContext } from '../ground/context.ts';
import { isId } from '../ground/page.ts';
import { publicRead } from '../ground/public-read.ts';

/**
 * Whether a certificate is still valid, and which attempt it was. Anyone may read it.
 * @throws AppError NOT_FOUND
 */
export const getCertificateStanding = async (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  id: string,
): Promise<CertificateStanding> => {
  const [row] = isId(id)
    ? await publicRead(db, (snapshot) =>
        snapshot
          .select({
            document: certificateDocuments.document,
            expiresAt: certificateDocuments.expiresAt,
            openedAt: certificateDocuments.openedAt,
            revokedAt: logEntries.addedAt,
          })
          .from(certificateDocuments)
          .leftJoin(
            logEntries,
            and(
              eq(logEntries.kind, 'revocation'),
              eq(logEntries.subject, certificateDocuments.certificateId),
            ),
          )
          .where(eq(certificateDocuments.certificateId, id)),
      )
    : [];
  if (row === undefined) throw new AppError('NOT_FOUND', 'There is no such certificate.');
  return {
    expiresAt: row.expiresAt.toISOString(),
    expired: row.expiresAt <= now(),
    revokedAt: row.revokedAt?.toISOString() ?? null,
    openedAt: row.openedAt?.toISOString() ?? null,
    attempt: readDocument(new TextEncoder().encode(row.document)).attempt,
  };
};
