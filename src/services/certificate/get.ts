import { eq } from 'drizzle-orm';
import type { Certificate } from '#contracts/certificate.ts';
import { AppError } from '#contracts/errors.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import {
  presentCertificate,
  type StoredCertificate,
  type StoredReplayScore,
} from '#verification/certificate/present.ts';
import type { ServiceContext } from '../ground/context.ts';
import { isId } from '../ground/page.ts';
import { publicRead } from '../ground/public-read.ts';

/**
 * A certificate as it is stored, with its replay scores.
 * @throws AppError NOT_FOUND, also for a malformed id; SERVICE_UNAVAILABLE if the database is too busy.
 */
export const getStoredCertificate = async (
  { db }: Pick<ServiceContext, 'db'>,
  id: string,
): Promise<StoredCertificate & { replayScores: StoredReplayScore[] }> => {
  const stored = isId(id)
    ? await publicRead(db, (snapshot) =>
        snapshot.query.verificationCertificates.findFirst({
          where: eq(verificationCertificates.id, id),
          with: { replayScores: true },
        }),
      )
    : undefined;
  if (stored === undefined) throw new AppError('NOT_FOUND', 'There is no such certificate.');
  return stored;
};

/** The same as it is published. Anyone may read it. */
export const getPublicCertificate = async (
  context: Pick<ServiceContext, 'db'>,
  id: string,
): Promise<Certificate> => {
  const stored = await getStoredCertificate(context, id);
  return presentCertificate(stored, stored.replayScores);
};
