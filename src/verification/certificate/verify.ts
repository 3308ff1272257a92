import { bytesToHex } from '@noble/hashes/utils.js';
import type { Certificate } from '#contracts/certificate.ts';
import type { CertificateDocument } from '#contracts/certificate-document.ts';
import { sameBytes } from '../log/merkle.ts';
import type { Failure, FailureCode, QuestionCode } from './check-codes.ts';
import { readDocument } from './document.ts';
import { documentNotChecked } from './document-not-checked.ts';
import { evidenceHead, evidenceLines, opensLine } from './evidence.ts';
import { type JwsFailure, type RetiredKey, thumbprintOf, verifyJws } from './jws.ts';
import { type LogFindings, type LogView, loggedOf, noFindings, retiredKeyOf } from './logged.ts';
import { type ReadEvidence, readEvidence, rebuild, statedCertificate } from './rebuild.ts';
import { type Disagreement, disagreementsBetween, recomputeCertificate } from './recompute.ts';
import { stepContradictions } from './step-contradictions.ts';

/** The clocks of two machines may differ. */
const clockSkewMs = 5 * 60_000;

export type CheckInput = {
  /** The id of the certificate that was asked for. Null: whichever the signature holds. */
  id: string | null;
  /** The compact JWS. */
  jws: string;
  /** The document as served beside it, or null. */
  document: Uint8Array | null;
  evidence: Uint8Array;
  /** The texts that the evidence seals, as they are served once the certificate has expired, or null. */
  openings: Uint8Array | null;
  /** Public keys, 32 bytes each, of issuers that the caller trusts. */
  keys: Uint8Array[];
  /** Public keys that came with the certificate. They show whether it was changed, but not who issued it. */
  offeredKeys: Uint8Array[];
  /** Those of both that may not sign any more, as their sets say. What the log itself says is read too. */
  retired?: RetiredKey[];
  now: Date;
  /** What shows that its log holds it. Null: nothing was given, or it was made by the command line and is in none. */
  log: LogView | null;
  /** Whether a certificate is accepted although nobody looked whether it was revoked. */
  offline: boolean;
};

export type Check = LogFindings & {
  /** `valid` only without a failure and without an open question. */
  verdict: 'valid' | 'invalid' | 'undecided';
  failures: Failure[];
  questions: QuestionCode[];
  /** Where the certificate says something else than its verdicts. Only for `scores`. */
  disagreements: Disagreement[];
  /** What may have been altered by its issuer without this check finding it. */
  notChecked: string[];
  /** Null if the signature does not hold, or what was signed cannot be read. */
  document: CertificateDocument | null;
  /** Null if the evidence cannot be used either. */
  certificate: Certificate | null;
};

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Runs what reads hostile bytes: whatever it throws is said of them. */
const readHostile = <T>(
  code: FailureCode,
  read: () => T,
): { value: T } | { value: null; failure: Failure } => {
  try {
    return { value: read() };
  } catch (error) {
    return { value: null, failure: { code, detail: messageOf(error) } };
  }
};

const jwsWords: Record<Exclude<JwsFailure, 'unknown key'>, Failure> = {
  malformed: { code: 'form', detail: 'The signature is not a compact JWS.' },
  algorithm: { code: 'signature', detail: 'Its header names an algorithm other than Ed25519.' },
  type: { code: 'signature', detail: 'Its header names another type of document.' },
  header: { code: 'signature', detail: 'Its header has members that choose keys or rules.' },
  'bad signature': { code: 'signature', detail: null },
};

const checkOf = (failures: Failure[], questions: QuestionCode[], found: Partial<Check> = {}): Check => ({
  verdict: failures.length > 0 ? 'invalid' : questions.length > 0 ? 'undecided' : 'valid',
  failures,
  questions,
  disagreements: [],
  notChecked: [],
  ...noFindings,
  document: null,
  certificate: null,
  ...found,
});

/** The evidence whose lines hash to the root and the count that the document pins. */
const pinnedEvidence = (bytes: Uint8Array, document: CertificateDocument) => {
  const { count, root: pinned } = document.evidence;
  const split = readHostile('evidence_root', () => evidenceLines(bytes, count));
  if (split.value === null) return split;
  const { size, root } = evidenceHead(split.value);
  if (size !== count || bytesToHex(root) !== pinned)
    return {
      value: null,
      failure: {
        code: 'evidence_root' as const,
        detail: size === count ? null : `It has ${size} lines instead of ${count}.`,
      },
    };
  return readHostile('evidence_form', () => readEvidence(split.value, document.groundTruth.private));
};

/** Whether every sealed text was opened as it was sealed. */
const openingOf = (evidence: Uint8Array, openings: Uint8Array, count: number): Failure[] => {
  const opened = readHostile('opening', () => {
    const sealed = evidenceLines(evidence, count);
    const lines = evidenceLines(openings, count);
    return sealed.length === lines.length && sealed.every((line, at) => opensLine(line, lines[at] ?? line));
  });
  if (opened.value === true) return [];
  return [opened.value === null ? opened.failure : { code: 'opening', detail: null }];
};

/** What the document and the lines of its evidence say otherwise than the verdicts. */
const disagreementsOf = (document: CertificateDocument, evidence: ReadEvidence): Disagreement[] => {
  const rebuilt = rebuild(document, evidence);
  return [
    ...disagreementsBetween(document, rebuilt.document),
    ...evidence.records.flatMap(({ facts }, at) =>
      disagreementsBetween(facts, rebuilt.facts[at]).map(({ field, ...pair }) => ({
        field: `evidence[${at}].${field}`,
        ...pair,
      })),
    ),
    ...evidence.records.flatMap(({ checkpoint }, at) =>
      stepContradictions(checkpoint).map((step) => ({
        field: `evidence[${at}].${step}`,
        published: 'what other steps contradict',
        recomputed: null,
      })),
    ),
    // What follows from the verdicts can still be impossible.
    ...recomputeCertificate(rebuilt.certificate).disagreements.map(({ field, ...pair }) => ({
      field: `certificate.${field}`,
      ...pair,
    })),
  ];
};

const validityOf = ({ issuedAt, expiresAt }: CertificateDocument, now: Date, sealed: number): Failure[] => {
  const time = now.getTime();
  if (time + clockSkewMs < Date.parse(issuedAt)) return [{ code: 'not_yet_valid', detail: issuedAt }];
  if (time < Date.parse(expiresAt)) return [];
  return [
    { code: 'expired', detail: expiresAt },
    ...(sealed > 0 ? [{ code: 'unopened' as const, detail: `${sealed} texts are sealed.` }] : []),
  ];
};

/**
 * Checks a certificate with nothing but what it is given: no network, no clock, no judge. So it also runs in a browser.
 * A failure means that the certificate is not valid. An open question means that this is not known.
 */
export const verifyCertificate = (input: CheckInput): Check => {
  const signature = verifyJws(input.jws, [...input.keys, ...input.offeredKeys]);
  if (!signature.ok) {
    // Nobody gave the key, so nothing in the certificate can be believed, not even its contradictions.
    if (signature.failure === 'unknown key') return checkOf([], ['unknown_issuer']);
    return checkOf([jwsWords[signature.failure]], []);
  }
  const { payload, kid } = signature;
  const failures: Failure[] = [];
  if (input.document !== null && !sameBytes(input.document, payload))
    failures.push({ code: 'document', detail: null });
  const questions: QuestionCode[] = [
    ...(input.keys.some((key) => thumbprintOf(key) === kid) ? [] : ['unknown_issuer' as const]),
    ...(input.offline || (input.log?.later ?? null) !== null ? [] : ['revocation_unknown' as const]),
  ];
  const reading = readHostile('form', () => readDocument(payload));
  if (reading.value === null) return checkOf([...failures, reading.failure], questions);
  const document = reading.value;
  if (document.issuer.keyId !== kid) failures.push({ code: 'issuer_key', detail: null });
  if (input.id !== null && document.id !== input.id)
    failures.push({ code: 'other_certificate', detail: `It is ${document.id}.` });

  const logged = loggedOf(document, payload, input);
  failures.push(
    ...logged.failures,
    ...retiredKeyOf(kid, logged.index, [...(input.retired ?? []), ...logged.retired]),
  );
  questions.push(...logged.questions);

  const evidence = pinnedEvidence(input.evidence, document);
  if (evidence.value === null) failures.push(evidence.failure);
  failures.push(
    ...validityOf(document, input.now, input.openings === null ? (evidence.value?.sealed ?? 0) : 0),
    ...(input.openings === null || evidence.value === null
      ? []
      : openingOf(input.evidence, input.openings, document.evidence.count)),
  );
  if (evidence.value === null) return checkOf(failures, questions, { ...logged.found, document });

  const read = evidence.value;
  const found = readHostile('scores', () => ({
    disagreements: disagreementsOf(document, read),
    certificate: statedCertificate(document, read),
  }));
  if (found.value === null)
    return checkOf([...failures, found.failure], questions, { ...logged.found, document });
  const { disagreements, certificate } = found.value;
  if (disagreements.length > 0) failures.push({ code: 'scores', detail: null });
  return checkOf(failures, questions, {
    ...logged.found,
    disagreements,
    notChecked: documentNotChecked(document),
    document,
    certificate,
  });
};
