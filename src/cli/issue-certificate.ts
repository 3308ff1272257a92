import { randomUUID } from 'node:crypto';
import type { Certificate, UnansweredCalls } from '#contracts/certificate.ts';
import type { CertificateDocument } from '#contracts/certificate-document.ts';
import type { GroundTruthDraw } from '#contracts/ground-truth.ts';
import { buildCertificate } from '#verification/certificate/build.ts';
import { documentOf, writeDocument } from '#verification/certificate/document.ts';
import { evidenceLines } from '#verification/certificate/evidence.ts';
import { noCanaries } from '#verification/certificate/judge-trust.ts';
import { thumbprintOf, writeJwk } from '#verification/certificate/jws.ts';
import { presentCertificate } from '#verification/certificate/present.ts';
import { readEvidence } from '#verification/certificate/rebuild.ts';
import { type CertificateSigner, signJws } from '#verification/certificate/signing/sign-jws.ts';
import { shippedExam } from '#verification/exam/describe.ts';
import { endOfReplay } from '#verification/replay/score.ts';
import type { CertificateFiles } from './certificate-files.ts';
import type { RunConfiguration } from './run-configuration.ts';
import type { StoredReplay } from './run-store.ts';

/**
 * Issues the certificate of a run, under a new id. All its replays must have ended.
 * @throws Uncertifiable
 */
export const issueCertificate = (
  run: {
    configuration: RunConfiguration;
    draw: GroundTruthDraw;
    replays: StoredReplay[];
    unanswered: UnansweredCalls;
  },
  now: Date,
): Certificate => {
  const { configuration, draw, replays } = run;
  const { seed, seedSource, blinded, limit, minReplays, weights, constructId } = configuration;
  const { drawn, reserve, ...drawFacts } = draw;
  const changes = new Map([...drawn, ...reserve].map((change) => [change.id, change]));
  const mergeOf = (groundTruthId: string) => {
    const change = changes.get(groundTruthId);
    if (change === undefined) throw new Error(`The draw has no change ${groundTruthId}.`);
    return { author: change.author, mergedAt: change.mergedAt };
  };
  const judge = {
    provider: configuration.judge,
    model: configuration.model,
    endpoint: configuration.endpoint,
    promptDigest: configuration.promptDigest,
  };
  const { replayScores, ...content } = buildCertificate({
    sample: false,
    draw: drawFacts,
    seed,
    seedSource,
    blinded,
    limit,
    minReplays,
    weights,
    judge,
    second: configuration.agreement,
    earlier: { canaries: noCanaries, certificates: [] },
    exam: shippedExam(judge),
    replaced: replays.filter(({ checkpoint }) => endOfReplay(checkpoint)?.outcome === 'replaced').length,
    unanswered: run.unanswered,
    modelCutoff: configuration.modelCutoff,
    replays: replays.map(({ groundTruthId, checkpoint }) => ({
      groundTruthId,
      checkpoint,
      ...mergeOf(groundTruthId),
    })),
  });
  // For a private repository the published ids are ordinals, which could be the id of another change here.
  const endedAt = new Map(
    draw.private ? [] : replays.map((replay) => [replay.groundTruthId, replay.endedAt]),
  );
  return presentCertificate(
    { ...content, id: randomUUID(), constructId, createdAt: now },
    replayScores.map(({ scored: _scored, ...score }) => ({
      ...score,
      // Nothing else names a replay that no database holds.
      id: score.groundTruthId,
      scoredAt: new Date(endedAt.get(score.groundTruthId) ?? now),
    })),
  );
};

/**
 * Signs a certificate, with the evidence of its run.
 * @param signers The first signs. The others' public keys stay in the key set, so that older certificates can be checked.
 */
export const signCertificate = async (
  {
    certificate,
    configuration,
    draw,
    evidence,
  }: {
    certificate: Certificate;
    configuration: RunConfiguration;
    draw: GroundTruthDraw;
    evidence: string;
  },
  subject: Omit<CertificateDocument['subject'], 'confirmed'>,
  {
    signers,
    engine,
  }: {
    signers: [CertificateSigner, ...CertificateSigner[]];
    engine: CertificateDocument['method']['engine'];
  },
): Promise<CertificateFiles> => {
  const [signer] = signers;
  const lines = Buffer.from(evidence);
  const document = writeDocument(
    documentOf(
      certificate,
      {
        issuer: { origin: null, keyId: thumbprintOf(signer.publicKey) },
        onBehalfOf: null,
        registration: null,
        attempt: null,
        subject,
        since: configuration.since,
        label: configuration.label,
        private: draw.private,
        requestedModel: configuration.model,
        economy: false,
        baselineReplays: configuration.baselineReplays,
        agreement: configuration.agreement,
        engine,
      },
      readEvidence(evidenceLines(lines), draw.private).pinned,
    ),
  );
  return {
    document,
    jws: await signJws(document, signer),
    evidence: lines,
    keys: { keys: signers.map(({ publicKey }) => writeJwk(publicKey)) },
  };
};
