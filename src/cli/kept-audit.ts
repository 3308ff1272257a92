import { z } from 'zod';
import { type Audit, type AuditLabel, auditSchema } from '#contracts/audit.ts';
import type { Certificate } from '#contracts/certificate.ts';
import type { GroundTruthDraw } from '#contracts/ground-truth.ts';
import { fromWire } from '#contracts/wire.ts';
import { auditableReplays } from '#verification/audit/claims.ts';
import { auditResult, auditSeed, certificateDigest } from '#verification/audit/result.ts';
import { auditSample } from '#verification/audit/sample.ts';
import { UsageError } from './exit.ts';
import type { StoredReplay } from './run-store.ts';

/** An audit as the folder of its run keeps it: with its labels from the beginning. */
export type KeptAudit = Audit & { labels: NonNullable<Audit['labels']> };

/** A run with all that an audit of it needs. */
export type AuditedRun = {
  certificate: Certificate;
  draw: GroundTruthDraw;
  replays: StoredReplay[];
  /** Null: none was begun. */
  audit: KeptAudit | null;
};

/** From its form in a file or on the wire. */
export const wireAuditSchema = z
  .looseObject({})
  .transform((document) => fromWire(document, []))
  .pipe(auditSchema);

export const keptAuditSchema = wireAuditSchema.transform((audit, context): KeptAudit => {
  if (audit.labels !== null) return { ...audit, labels: audit.labels };
  context.issues.push({ code: 'custom', message: 'It has no sample.', input: audit });
  return z.NEVER;
});

/**
 * The audit of a run, begun now if it was not.
 * @throws UsageError if the judge ruled on no claim, or the folder's audit is of another certificate.
 */
export const auditOfRun = ({ certificate, draw, replays, audit }: AuditedRun, now: Date): KeptAudit => {
  const digest = certificateDigest(certificate);
  if (audit !== null) {
    if (audit.certificateDigest === digest) return audit;
    throw new UsageError('audit.json is the audit of another certificate. Move it out of this folder.');
  }
  const sample = auditSample(auditableReplays(replays, draw.private), auditSeed(digest));
  if (sample.length === 0)
    throw new UsageError('The judge ruled on no claim of this run, so there is nothing to audit.');
  return {
    certificateId: certificate.id,
    certificateDigest: digest,
    size: sample.length,
    begunAt: now.toISOString(),
    finishedAt: null,
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
