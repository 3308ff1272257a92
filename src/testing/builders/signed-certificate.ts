import type { CertificateDocument } from '#contracts/certificate-document.ts';
import { placeReplays } from '#verification/certificate/build.ts';
import { canonicalDigest } from '#verification/certificate/canonical.ts';
import { documentOf, writeDocument } from '#verification/certificate/document.ts';
import { evidenceLine, factsOf } from '#verification/certificate/evidence.ts';
import { thumbprintOf } from '#verification/certificate/jws.ts';
import { readEvidence } from '#verification/certificate/rebuild.ts';
import { signJws } from '#verification/certificate/signing/sign-jws.ts';
import type { CheckInput } from '#verification/certificate/verify.ts';
import { compareGroundTruthIds } from '#verification/statistics/aggregate.ts';
import { ed25519KeyOf } from './ed25519-key.ts';
import { type BuiltInput, issuedCertificate } from './issued-certificate.ts';

/** When the builder's certificates are issued. */
export const issuedAt = new Date('2026-01-01T00:00:00Z');
const dayMs = 86_400_000;
/** While they are valid. */
export const whileValid = new Date(issuedAt.getTime() + dayMs);

export const issuerKey = ed25519KeyOf('issuer of certificates in tests');

/** What is signed, before it is. */
export type UnsignedCertificate = { document: CertificateDocument; lines: string[] };

const encode = (text: string) => new TextEncoder().encode(text);

/** What a server states that the command line cannot, because it has no log. */
export type StatedByServer = Pick<CertificateDocument, 'id' | 'onBehalfOf' | 'registration' | 'attempt'> & {
  origin: string;
};
const withoutLog = { origin: null, onBehalfOf: null, registration: null, attempt: null };

/** The document and the evidence of a run, as the command line makes them, or a server. */
export const unsignedCertificate = (
  input: BuiltInput,
  stated: StatedByServer | null = null,
): UnsignedCertificate => {
  const isPrivate = input.draw.private;
  const hidden = { title: null, url: null, repository: null, mergeCommit: null, mergedAt: null };
  const placed = placeReplays(input.replays, input.modelCutoff).toSorted((a, b) =>
    compareGroundTruthIds(a.groundTruthId, b.groundTruthId),
  );
  const lines = placed.map(({ groundTruthId, checkpoint, change, mergedAt }, at) => {
    const shown = {
      title: `Change ${groundTruthId}`,
      url: null,
      repository: 'owner/name',
      mergeCommit: null,
      mergedAt,
    };
    const groundTruth = {
      id: isPrivate ? `${at + 1}` : groundTruthId,
      digest: canonicalDigest(['change', groundTruthId]),
      ...(isPrivate ? hidden : shown),
    };
    const facts = factsOf({ groundTruth, endedAt: issuedAt.toISOString() }, checkpoint, {
      change,
      isPrivate,
    });
    return evidenceLine({ facts, checkpoint }, isPrivate ? null : 'salt');
  });
  const certificate = issuedCertificate(input, issuedAt);
  const { origin, onBehalfOf, registration, attempt } = stated ?? withoutLog;
  const document = documentOf(
    { ...certificate, id: stated?.id ?? certificate.id },
    {
      issuer: { origin, keyId: thumbprintOf(issuerKey.publicKey) },
      onBehalfOf,
      registration,
      attempt,
      subject: {
        oracleType: 'http',
        origin: 'https://oracle.example.com',
        targetDigest: canonicalDigest('target'),
      },
      since: null,
      label: 'bug',
      private: isPrivate,
      requestedModel: input.judge.model,
      economy: false,
      baselineReplays: 40,
      agreement: input.second && { ...input.second, share: 1 },
      engine: { version: '1.0.0', revision: null },
    },
    readEvidence(lines.map(encode), isPrivate).pinned,
  );
  return { document, lines };
};

/** Signed bytes and lines, with what a check needs. */
export const signedAs = async (
  document: Uint8Array,
  lines: string[],
  key = issuerKey,
): Promise<CheckInput> => ({
  id: null,
  jws: await signJws(document, key),
  document,
  evidence: encode(lines.map((line) => `${line}\n`).join('')),
  openings: null,
  keys: [key.publicKey],
  offeredKeys: [],
  now: whileValid,
  log: null,
  offline: true,
});

/** A signed certificate of a run. */
export const signedCertificateOf = ({ document, lines }: UnsignedCertificate): Promise<CheckInput> =>
  signedAs(writeDocument(document), lines);
