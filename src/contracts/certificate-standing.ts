import { z } from 'zod';
import { certificateSchema, certificateSummarySchema, pagedSchema } from './certificate.ts';
import { certificateDocumentSchema } from './certificate-document.ts';
import { instantSchema } from './instant.ts';
import { type RevocationReason, revocationReasons } from './log.ts';
import { linesSchema, storableTextSchema } from './text.ts';

/** What became of a certificate: the first of these that holds. A disputed one is valid, with a warning. */
export const certificateStandings = ['revoked', 'expired', 'disputed', 'valid'] as const;

export const revocationWords: Record<RevocationReason, string> = {
  issued_in_error: 'It was issued in error.',
  key_compromised: 'A key that it rests on was compromised.',
  withdrawn_by_owner: 'The account it was issued for withdrew it.',
};

/** The words of a dispute. They lie beside the log and can be removed. */
export const disputeTextSchema = linesSchema.trim().min(1).max(500);

const disputeSchema = z.object({
  id: storableTextSchema,
  openedAt: instantSchema,
  /** Null as long as it is open. */
  closedAt: instantSchema.nullable(),
  /** Null once it was removed. */
  text: storableTextSchema.nullable(),
  textRemovedAt: instantSchema.nullable(),
});
export type Dispute = z.infer<typeof disputeSchema>;

/** What became of a certificate since it was signed, and what its document alone says. */
export const certificateStandingSchema = z.object({
  standing: z.enum(certificateStandings),
  expiresAt: instantSchema,
  expired: z.boolean(),
  /** When the log had its revocation; null if it was not revoked. */
  revokedAt: instantSchema.nullable(),
  revocationReason: z.enum(revocationReasons).nullable(),
  /** The newest first, closed ones too. */
  disputes: z.array(disputeSchema),
  /** When the sealed texts of its evidence were opened. */
  openedAt: instantSchema.nullable(),
  /** Which attempt at its target it was, of how many. Null for one that no log holds. */
  attempt: certificateDocumentSchema.shape.attempt,
});
export type CertificateStanding = z.infer<typeof certificateStandingSchema>;

/** A certificate as an installation publishes it. */
export const publishedCertificateSchema = certificateSchema.extend(certificateStandingSchema.shape);
export type PublishedCertificate = z.infer<typeof publishedCertificateSchema>;

/** The same in a list. */
const listedCertificateSchema = certificateSummarySchema.extend(
  certificateStandingSchema.pick({ standing: true, expiresAt: true, attempt: true }).shape,
);
export type ListedCertificate = z.infer<typeof listedCertificateSchema>;

export const certificateListSchema = z.object({
  certificates: z.array(listedCertificateSchema),
  ...pagedSchema,
});

/** The request that revokes a certificate. */
export const revocationRequestSchema = z.strictObject({
  id: storableTextSchema,
  reason: z.enum(revocationReasons),
});
export type RevocationRequest = z.infer<typeof revocationRequestSchema>;

/** The request that disputes a certificate. */
export const disputeRequestSchema = z.strictObject({ id: storableTextSchema, text: disputeTextSchema });
export type DisputeRequest = z.infer<typeof disputeRequestSchema>;

/** What somebody may do with a certificate. */
export const certificateOptionsSchema = z.object({ revoke: z.boolean(), dispute: z.boolean() });
export type CertificateOptions = z.infer<typeof certificateOptionsSchema>;
