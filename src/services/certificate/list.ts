import { asc, count, desc, eq, getTableColumns, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { CertificateListInput, certificateListSchema } from '#contracts/certificate.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { presentSummary } from '#verification/certificate/present.ts';
import type { ServiceContext } from '../ground/context.ts';

/** Certificates without replay scores, newest or lowest Brier first. `total` counts all that match the filter. */
export const listPublicCertificates = async (
  { db }: Pick<ServiceContext, 'db'>,
  { constructId, sort, limit, offset }: CertificateListInput,
): Promise<z.infer<typeof certificateListSchema>> => {
  const { createdAt, brier, id } = verificationCertificates;
  const matches =
    constructId === undefined ? undefined : eq(verificationCertificates.constructId, constructId);
  const rows = await db
    // The replays are most of a certificate, and a summary does not show them.
    .select({
      ...getTableColumns(verificationCertificates),
      rawScores: sql`jsonb_set(${verificationCertificates.rawScores}, '{replays}', '[]')`.mapWith(
        verificationCertificates.rawScores,
      ),
    })
    .from(verificationCertificates)
    .where(matches)
    // Ties are settled by date, then id, so that pages neither repeat nor miss a certificate.
    .orderBy(...(sort === 'brier_asc' ? [asc(brier)] : []), desc(createdAt), desc(id))
    .limit(limit)
    .offset(offset);
  const [counted] = await db.select({ total: count() }).from(verificationCertificates).where(matches);
  return { certificates: rows.map(presentSummary), total: counted?.total ?? 0, limit, offset };
};
