import { createHash, randomBytes } from 'node:crypto';
import { and, asc, eq } from 'drizzle-orm';
import { documentValidMs } from '#contracts/certificate-document.ts';
import { chunksOf } from '#db/chunks.ts';
import type { Executor } from '#db/client.ts';
import { certificateDocuments, certificateEvidence } from '#db/schema/certificate-documents.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { groundTruthRecords } from '#db/schema/ground-truths.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import type { verificationRuns } from '#db/schema/runs.ts';
import { type CertificateInput, placeReplays } from '#verification/certificate/build.ts';
import { documentOf, writeDocument } from '#verification/certificate/document.ts';
import { pinnedBy } from '#verification/certificate/evidence.ts';
import { thumbprintOf } from '#verification/certificate/jws.ts';
import { presentCertificate } from '#verification/certificate/present.ts';
import { inEvidenceOrder, replayLines } from '#verification/certificate/run-evidence.ts';
import { signJws } from '#verification/certificate/signing/sign-jws.ts';
import { shownOracle, targetDigest } from '#verification/certificate/target.ts';
import { hashLeaf } from '#verification/log/merkle.ts';
import type { WorkerContext } from '../ground/context.ts';
import { attemptOf } from '../log/attempts.ts';
import { certificateSigner } from '../log/keys.ts';
import { registrationEntry } from '../log/register.ts';
import { checkpointOf, replaysInChunks } from '../state/checkpoint.ts';

type CertifiedRun = Pick<typeof verificationRuns.$inferSelect, 'id' | 'userId' | 'config' | 'draw'>;

const rowsPerInsert = 25;

/** Writes the evidence line by line: the oracles' answers of a whole run are many megabytes. */
const writeEvidenceOf = async (
  transaction: Executor,
  certificateId: string,
  { run, replays }: { run: CertifiedRun; replays: CertificateInput['replays'] },
) => {
  const isPrivate = run.draw?.private ?? true;
  const salt = randomBytes(32).toString('hex');
  const placed = placeReplays(replays, run.config.modelCutoff);
  const places = new Map(
    inEvidenceOrder(placed, isPrivate).map(({ groundTruthId, change }, place) => [
      groundTruthId,
      { place, change },
    ]),
  );
  const rows = replaysInChunks((after, size) =>
    transaction
      .select({
        replay: verificationReplays,
        position: verificationReplays.position,
        record: groundTruthRecords.record,
      })
      .from(verificationReplays)
      .innerJoin(groundTruthRecords, eq(groundTruthRecords.digest, verificationReplays.groundTruthDigest))
      .where(and(eq(verificationReplays.runId, run.id), eq(verificationReplays.state, 'ended'), after))
      .orderBy(asc(verificationReplays.position))
      .limit(size),
  );
  let bytes = 0;
  const leaves: Uint8Array[] = [];
  const digests: string[] = [];
  let pending: (typeof certificateEvidence.$inferInsert)[] = [];
  const flush = async () => {
    for (const chunk of chunksOf(pending, rowsPerInsert))
      await transaction.insert(certificateEvidence).values(chunk);
    pending = [];
  };
  for await (const { replay, record } of rows) {
    const at = places.get(replay.groundTruthId);
    if (at === undefined || replay.endedAt === null)
      throw new Error(`The replay ${replay.id} has not ended, or is not among those certified.`);
    const { digest, line, opening } = replayLines(
      {
        groundTruth: record,
        checkpoint: checkpointOf(replay),
        change: at.change,
        endedAt: replay.endedAt.toISOString(),
      },
      { place: at.place, isPrivate, salt },
    );
    const leaf = hashLeaf(new TextEncoder().encode(line));
    leaves[at.place] = leaf;
    digests[at.place] = digest;
    bytes += Buffer.byteLength(line) + Buffer.byteLength(opening ?? '');
    pending.push({ certificateId, place: at.place, line, leaf, opening });
    if (pending.length >= rowsPerInsert) await flush();
  }
  await flush();
  if (leaves.filter(Boolean).length !== places.size) throw new Error('The change of a replay was erased.');
  return { pinned: pinnedBy(leaves, digests), bytes };
};

/**
 * Signs the document of a certificate that the transaction has stored, and stores it with its evidence.
 * @param replays all that have ended, without the oracles' words.
 * @returns SHA-256 of the signed bytes, which the log's entry holds, and how many bytes the evidence has.
 */
export const signDocument = async (
  transaction: Executor,
  context: Pick<WorkerContext, 'issuer' | 'sequencer'>,
  certificateId: string,
  work: { run: CertifiedRun & { registrationId: string }; replays: CertificateInput['replays'] },
): Promise<{ digest: string; evidenceBytes: number }> => {
  const { run } = work;
  const { config } = run;
  const stored = await transaction.query.verificationCertificates.findFirst({
    where: eq(verificationCertificates.id, certificateId),
    with: { replayScores: true },
  });
  if (stored === undefined) throw new Error('A certificate is missing.');
  const certificate = presentCertificate(stored, stored.replayScores);
  const { pinned, bytes } = await writeEvidenceOf(transaction, certificateId, work);
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
        private: run.draw?.private ?? true,
        requestedModel: config.judge.model,
        economy: config.economy,
        baselineReplays: config.baselineReplays,
        agreement: config.agreement,
        engine: context.issuer.engine,
      },
      pinned,
    ),
  );
  await transaction.insert(certificateDocuments).values({
    certificateId,
    document: new TextDecoder().decode(document),
    jws: await signJws(document, signer),
    expiresAt: new Date(stored.createdAt.getTime() + documentValidMs),
  });
  return { digest: createHash('sha256').update(document).digest('hex'), evidenceBytes: bytes };
};
