import { eq } from 'drizzle-orm';
import type { PublishedCertificate } from '#contracts/certificate-standing.ts';
import { AppError } from '#contracts/errors.ts';
import type { Executor } from '#db/client.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import {
  presentCertificate,
  type StoredCertificate,
  type StoredReplayScore,
} from '#verification/certificate/present.ts';
import type { ServiceContext } from '../ground/context.ts';
import { isId } from '../ground/page.ts';
import { publicRead } from '../ground/public-read.ts';
import { getCertificateStanding } from './standing.ts';

/** A certificate as it is stored, with its replay scores; undefined if there is none. */
export const storedCertificate = (
  executor: Executor,
  id: string,
): Promise<(StoredCertificate & { replayScores: StoredReplayScore[] }) | undefined> =>
  executor.query.verificationCertificates.findFirst({
    where: eq(verificationCertificates.id, id),
    with: { replayScores: true },
  });

/**
 * A certificate as it is published, with what became of it since. Anyone may read it.
 * @throws AppError NOT_FOUND, also for a malformed id; SERVICE_UNAVAILABLE if the database is too busy.
 */
export const getPublicCertificate = async (
  { db, now }: Pick<ServiceContext, 'db' | 'now'>,
  id: string,
): Promise<PublishedCertificate> => {
  const stored = isId(id) ? await publicRead(db, (snapshot) => storedCertificate(snapshot, id)) : undefined;
  if (stored === undefined) throw new AppError('NOT_FOUND', 'There is no such certificate.');
  return {
    ...presentCertificate(stored, stored.replayScores),
    ...(await getCertificateStanding({ db, now }, id)),
  };
};
