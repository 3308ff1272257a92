import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { Certificate } from '#contracts/certificate.ts';
import {
  type CertificateDocument,
  certificateDocumentSchema,
  documentType,
  documentValidMs,
} from '#contracts/certificate-document.ts';
import { fromWire, toWire, wireName } from '#contracts/wire.ts';
import { readUtf8 } from '../log/encoding.ts';
import { readSignedJson, writeSignedJson } from './signed-json.ts';

/** What is on a document and neither on its run's certificate nor in its evidence. */
export type DocumentFacts = {
  issuer: CertificateDocument['issuer'];
  onBehalfOf: CertificateDocument['onBehalfOf'];
  registration: CertificateDocument['registration'];
  attempt: CertificateDocument['attempt'];
  subject: Omit<CertificateDocument['subject'], 'confirmed'>;
  since: string | null;
  label: string | null;
  private: boolean;
  requestedModel: string;
  economy: boolean;
  baselineReplays: number;
  agreement: CertificateDocument['method']['agreement'];
  engine: CertificateDocument['method']['engine'];
};

/** What a document pins of its evidence. */
export type PinnedEvidence = CertificateDocument['evidence'] & { snapshotDigest: string };

/** The document of a certificate. */
export const documentOf = (
  certificate: Certificate,
  facts: DocumentFacts,
  { snapshotDigest: digest, ...evidence }: PinnedEvidence,
): CertificateDocument => {
  const { draw, freshness } = certificate;
  return {
    type: documentType,
    id: certificate.id,
    construct: { name: certificate.constructId, owner: null },
    domain: certificate.domain,
    issuer: facts.issuer,
    onBehalfOf: facts.onBehalfOf,
    issuedAt: certificate.createdAt,
    expiresAt: new Date(Date.parse(certificate.createdAt) + documentValidMs).toISOString(),
    tier: certificate.tier,
    provisional: certificate.provisional,
    sample: certificate.sample,
    subject: { ...facts.subject, confirmed: false },
    groundTruth: {
      source: certificate.groundTruthSource,
      private: facts.private,
      since: facts.since,
      label: facts.label,
      commitRange: certificate.commitRange,
      listed: draw.listed,
      eligible: null,
      excluded: draw.excluded,
      limit: draw.limit,
      drawn: evidence.count,
      replaced: certificate.counts.replaced,
      snapshotDigest: digest,
      modelCutoff: freshness?.modelCutoff ?? null,
    },
    method: {
      version: certificate.methodologyVersion,
      judge: {
        provider: certificate.judge,
        model: certificate.scoringModel,
        requestedModel: facts.requestedModel,
        endpoint: certificate.judgeEndpoint,
        promptDigest: certificate.promptDigest,
        forms: certificate.judgeForms,
      },
      exam: certificate.exam,
      weights: certificate.weights,
      seed: draw.seed,
      seedSource: draw.seedSource,
      blinded: draw.blinded,
      economy: facts.economy,
      minReplays: certificate.minReplays,
      baselineReplays: facts.baselineReplays,
      agreement: facts.agreement,
      engine: facts.engine,
    },
    results: {
      replayCount: certificate.replayCount,
      precision: certificate.precision,
      recall: certificate.recall,
      replyAccuracy: certificate.replyAccuracy,
      compositeScore: certificate.compositeScore,
      brier: certificate.brier,
      intervals: certificate.intervals,
      designEffects: certificate.designEffects,
      freshness,
      keyless: certificate.keyless,
      counts: certificate.counts,
      funnel: certificate.funnel,
    },
    trust: certificate.trust,
    calibration: null,
    attempt: facts.attempt,
    registration: facts.registration,
    usage: {
      ...certificate.usage,
      byMeasure: certificate.usageByMeasure,
      unanswered: certificate.unanswered,
    },
    evidence,
  };
};

/** The bytes that are signed and served. */
export const writeDocument = (document: CertificateDocument): Uint8Array =>
  utf8ToBytes(writeSignedJson(toWire(document)));

/**
 * Reads a document from its bytes.
 * @throws Error that says what is not in the form of `echelon-certificate/v1`.
 */
export const readDocument = (bytes: Uint8Array): CertificateDocument => {
  // The reasons in `excluded` are data, not names.
  const parsed = certificateDocumentSchema.safeParse(fromWire(readSignedJson(bytes), ['excluded']));
  if (!parsed.success)
    throw new Error(
      parsed.error.issues
        .slice(0, 5)
        .map(({ path, message }) => `${path.map((part) => wireName(String(part))).join('.')}: ${message}`)
        .join('; '),
    );
  // A schema passes over names that it does not know, which nothing would show or check.
  if (writeSignedJson(toWire(parsed.data)) !== readUtf8(bytes))
    throw new Error('It has members that no certificate has.');
  return parsed.data;
};

/** What a document says that its certificate does not. */
export const documentFacts = ({
  issuer,
  onBehalfOf,
  registration,
  attempt,
  subject,
  groundTruth,
  method,
}: CertificateDocument): DocumentFacts => {
  const { confirmed: _, ...named } = subject;
  return {
    issuer,
    onBehalfOf,
    registration,
    attempt,
    subject: named,
    since: groundTruth.since,
    label: groundTruth.label,
    private: groundTruth.private,
    requestedModel: method.judge.requestedModel,
    economy: method.economy,
    baselineReplays: method.baselineReplays,
    agreement: method.agreement,
    engine: method.engine,
  };
};
