import { join } from 'node:path';
import { z } from 'zod';
import { type Audit, type AuditLabel, auditSchema } from '#contracts/audit.ts';
import type { Certificate } from '#contracts/certificate.ts';
import type { GroundTruthDraw } from '#contracts/ground-truth.ts';
import { fromWire, wireName } from '#contracts/wire.ts';
import type { AuditableReplay } from '#verification/audit/claims.ts';
import { auditResult, auditSeed, certificateDigest } from '#verification/audit/result.ts';
import { auditSample } from '#verification/audit/sample.ts';
import { readBoundedFile } from './bounded-file.ts';
import { UsageError } from './exit.ts';
import { plain } from './terminal.ts';

/** Many times the size of an audit of 40 claims. */
export const maxAuditBytes = 1_000_000;

/** An audit as the folder of its run keeps it: with its labels from the beginning. */
export type KeptAudit = Audit & { labels: NonNullable<Audit['labels']> };

/** A run with all that an audit of it needs. */
export type AuditedRun = {
  certificate: Certificate;
  draw: GroundTruthDraw;
  replays: AuditableReplay[];
  /** Null: none was begun. */
  audit: KeptAudit | null;
};

/** Whether its parts fit together. */
const isWhole = ({ size, finishedAt, result, labels }: Audit): boolean =>
  (finishedAt === null) === (result === null) &&
  (labels === null ? finishedAt === null : labels.length === size) &&
  (finishedAt === null || (labels ?? []).every(({ label }) => label !== null));

/** From its form in a file or on the wire. */
const wireAuditSchema = z
  .looseObject({})
  .transform((document) => fromWire(document, []))
  .pipe(auditSchema)
  .refine(
    isWhole,
    'a finished audit has a result and a label for every claim, and an unfinished one has no result',
  );

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * The audit of `certificate` in a text. `name` says in messages where the text is from.
 * @throws UsageError if it is not that.
 */
export const auditIn = (text: string, name: string, certificate: Certificate): Audit => {
  const document = parseJson(text);
  if (document === undefined) throw new UsageError(`${name} is damaged: it is not JSON.`);
  const reading = wireAuditSchema.safeParse(document);
  if (!reading.success) {
    const problems = reading.error.issues.slice(0, 5).map(({ path, message }) => {
      const field = path.map((part) => wireName(String(part))).join('.');
      return field === '' ? message : `${field}: ${message}`;
    });
    throw new UsageError(
      `${name} is damaged, or not an audit of this version: ${plain(problems.join('; '), 500)}.`,
    );
  }
  if (reading.data.certificateDigest !== certificateDigest(certificate))
    throw new UsageError(
      `${name} is the audit of another certificate, or one of the two was changed after the audit began.`,
    );
  return reading.data;
};

/**
 * The audit of `certificate` in a folder; null if it has none.
 * @throws UsageError if its `audit.json` cannot be read, or is something else.
 */
export const auditInFolder = async (folder: string, certificate: Certificate): Promise<Audit | null> => {
  const file = join(folder, 'audit.json');
  const text = await readBoundedFile(file, maxAuditBytes);
  return text === null ? null : auditIn(text, plain(file, 200), certificate);
};

/**
 * The audit of a run, begun now if it was not.
 * @throws UsageError if the judge ruled on no claim.
 */
export const auditOfRun = ({ certificate, replays, audit }: AuditedRun, now: Date): KeptAudit => {
  if (audit !== null) return audit;
  const digest = certificateDigest(certificate);
  const sample = auditSample(replays, auditSeed(digest));
  if (sample.length === 0)
    throw new UsageError('The judge ruled on no claim of this run, so there is nothing to audit.');
  return {
    certificateId: certificate.id,
    certificateDigest: digest,
    size: sample.length,
    begunAt: now.toISOString(),
    finishedAt: null,
    closedAt: null,
    result: null,
    labels: sample.map(({ replay, claim, supported, inclusionProbability }) => ({
      groundTruthId: replay,
      claimId: claim,
      supported,
      inclusionProbability,
      label: null,
      labelledAt: null,
    })),
  };
};

/** With a label for the claim at `place` (from 0). */
export const withLabel = (audit: KeptAudit, place: number, label: AuditLabel, now: Date): KeptAudit => ({
  ...audit,
  labels: audit.labels.map((claim, at) =>
    at === place ? { ...claim, label, labelledAt: now.toISOString() } : claim,
  ),
});

/** With its result. Each claim must have its label. */
export const finishedNow = (
  audit: KeptAudit,
  { certificate }: Pick<AuditedRun, 'certificate'>,
  now: Date,
): KeptAudit => ({
  ...audit,
  finishedAt: now.toISOString(),
  result: auditResult(certificate, audit.labels),
});
