import { desc, eq, sql } from 'drizzle-orm';
import { certificateDocumentSchema } from '#contracts/certificate-document.ts';
import type { CertificateStanding, Dispute, ListedCertificate } from '#contracts/certificate-standing.ts';
import { AppError } from '#contracts/errors.ts';
import { fromWire } from '#contracts/wire.ts';
import type { Executor } from '#db/client.ts';
import { certificateDocuments } from '#db/schema/certificate-documents.ts';
import { certificateDisputes, certificateRevocations } from '#db/schema/certificate-standing.ts';
import type { ServiceContext } from '../ground/context.ts';
import { isId } from '../ground/page.ts';
import { publicRead } from '../ground/public-read.ts';

const attemptOfDocument = sql<object | null>`${certificateDocuments.document}::jsonb -> 'attempt'`;

const presentAttempt = (attempt: object | null): CertificateStanding['attempt'] =>
  certificateDocumentSchema.shape.attempt.parse(attempt && fromWire(attempt, []));

type Facts = { revokedAt: Date | null; expiresAt: Date; disputed: boolean };

const currentStanding = (
  { revokedAt, expiresAt, disputed }: Facts,
  at: Date,
): CertificateStanding['standing'] => {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt <= at) return 'expired';
  return disputed ? 'disputed' : 'valid';
};

const presentDispute = ({
  id,
  openedAt,
  closedAt,
  text,
  textRemovedAt,
}: typeof certificateDisputes.$inferSelect): Dispute => ({
  id,
  openedAt: openedAt.toISOString(),
  closedAt: closedAt?.toISOString() ?? null,
  text,
  textRemovedAt: textRemovedAt?.toISOString() ?? null,
});

/**
 * What became of a certificate, and which attempt it was.
 * @throws AppError NOT_FOUND
 */
const readStandingOf = async (executor: Executor, id: string, at: Date): Promise<CertificateStanding> => {
  const [row] = isId(id)
    ? await executor
        .select({
          expiresAt: certificateDocuments.expiresAt,
          openedAt: certificateDocuments.openedAt,
          revokedAt: certificateRevocations.revokedAt,
          reason: certificateRevocations.reason,
          attempt: attemptOfDocument,
        })
        .from(certificateDocuments)
        .leftJoin(
          certificateRevocations,
          eq(certificateRevocations.certificateId, certificateDocuments.certificateId),
        )
        .where(eq(certificateDocuments.certificateId, id))
    : [];
  if (row === undefined) throw new AppError('NOT_FOUND', 'There is no such certificate.');
  const disputes = await executor
    .select()
    .from(certificateDisputes)
    .where(eq(certificateDisputes.certificateId, id))
    .orderBy(desc(certificateDisputes.openedAt));
  const { expiresAt, revokedAt } = row;
  const disputed = disputes.some(({ closedAt }) => closedAt === null);
  return {
    standing: currentStanding({ revokedAt, expiresAt, disputed }, at),
    expiresAt: expiresAt.toISOString(),
    expired: expiresAt <= at,
    revokedAt: revokedAt?.toISOString() ?? null,
    revocationReason: row.reason,
    disputes: disputes.map(presentDispute),
    openedAt: row.openedAt?.toISOString() ?? null,
    attempt: presentAttempt(row.attempt),
  };
};

/** The same for anyone. */
export const getCertificateStanding = (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  id: string,
): Promise<CertificateStanding> => publicRead(db, (snapshot) => readStandingOf(snapshot, id, now()));

/** What a list reads of a certificate's standing, beside the certificate's own columns. */
export const listedStandingColumns = {
  expiresAt: certificateDocuments.expiresAt,
  revokedAt: certificateRevocations.revokedAt,
  disputed: sql<boolean>`${certificateDisputes.id} is not null`,
  attempt: attemptOfDocument,
};

type ListedStanding = Pick<ListedCertificate, 'standing' | 'expiresAt' | 'attempt'>;

export const presentListedStanding = (
  { attempt, ...facts }: Facts & { attempt: object | null },
  at: Date,
): ListedStanding => ({
  standing: currentStanding(facts, at),
  expiresAt: facts.expiresAt.toISOString(),
  attempt: presentAttempt(attempt),
});
