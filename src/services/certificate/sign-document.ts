import { createHash } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { documentValidMs } from '#contracts/certificate-document.ts';
import type { Executor } from '#db/client.ts';
import { certificateDocuments } from '#db/schema/certificate-documents.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import type { verificationRuns } from '#db/schema/runs.ts';
import { documentOf, writeDocument } from '#verification/certificate/document.ts';
import { pinnedBy } from '#verification/certificate/evidence.ts';
import { thumbprintOf } from '#verification/certificate/jws.ts';
import { presentCertificate } from '#verification/certificate/present.ts';
import { signJws } from '#verification/certificate/signing/sign-jws.ts';
import { shownOracle, targetDigest } from '#verification/certificate/target.ts';
import type { WorkerContext } from '../ground/context.ts';
import { attemptOf } from '../log/attempts.ts';
import { certificateSigner } from '../log/keys.ts';
import { registrationEntry } from '../log/register.ts';
import type { StoredEvidence } from './store-evidence.ts';

type CertifiedRun = Pick<typeof verificationRuns.$inferSelect, 'id' | 'userId' | 'config' | 'draw'>;

/**
 * Signs the document of a certificate that the transaction has stored, and stores it.
 * @returns SHA-256 of the signed bytes, which the log's entry holds.
 */
export const signDocument = async (
  transaction: Executor,
  context: Pick<WorkerContext, 'issuer' | 'sequencer'>,
  { certificateId, leaves, digests }: StoredEvidence,
  run: CertifiedRun & { registrationId: string },
): Promise<string> => {
  const { config } = run;
  const isPrivate = run.draw?.private ?? true;
  const stored = await transaction.query.verificationCertificates.findFirst({
    where: eq(verificationCertificates.id, certificateId),
    with: { replayScores: true },
  });
  if (stored === undefined) throw new Error('A certificate is missing.');
  const certificate = presentCertificate(stored, stored.replayScores);
  const signer = await certificateSigner(transaction, context);
  const document = writeDocument(
    documentOf(
      certificate,
      {
        issuer: { origin: context.sequencer.publicAddress, keyId: thumbprintOf(signer.publicKey) },
        onBehalfOf: { account: run.userId },
        registration: await registrationEntry(transaction, run.registrationId),
        attempt: await attemptOf(transaction, run.registrationId, certificate.compositeScore),
        subject: {
          oracleType: config.oracle.type,
          origin: shownOracle(config.oracle),
          targetDigest: targetDigest(config.oracle),
        },
        since: config.since,
        label: config.label,
        private: isPrivate,
        requestedModel: config.judge.model,
        economy: config.economy,
        baselineReplays: config.baselineReplays,
        agreement: config.agreement,
        engine: context.issuer.engine,
      },
      pinnedBy(leaves, digests),
    ),
  );
  const expiresAt = new Date(stored.createdAt.getTime() + documentValidMs);
  await transaction.insert(certificateDocuments).values({
    certificateId,
    document: new TextDecoder().decode(document),
    jws: await signJws(document, signer),
    expiresAt,
    opensAt: isPrivate ? null : expiresAt,
  });
  return createHash('sha256').update(document).digest('hex');
};
