import { eq } from 'drizzle-orm';
import { toWire } from '#contracts/wire.ts';
import type { Executor } from '#db/client.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { canonicalDigest } from '#verification/certificate/canonical.ts';
import { presentCertificate } from '#verification/certificate/present.ts';

/** What the log holds of a certificate: SHA-256 of the canonical form of its JSON, as the REST API serves it. */
export const documentDigest = async (executor: Executor, id: string): Promise<string> => {
  const stored = await executor.query.verificationCertificates.findFirst({
    where: eq(verificationCertificates.id, id),
    with: { replayScores: true },
  });
  if (stored === undefined) throw new Error('A certificate is missing.');
  return canonicalDigest(toWire(presentCertificate(stored, stored.replayScores)));
};
