import { z } from 'zod';
import { certificateDocumentSchema } from './certificate-document.ts';
import { instantSchema } from './instant.ts';

/** What became of a certificate since it was signed, and what its document alone says. */
export const certificateStandingSchema = z.object({
  expiresAt: instantSchema,
  expired: z.boolean(),
  /** When the log had its revocation; null if it was not revoked. */
  revokedAt: instantSchema.nullable(),
  /** When the sealed texts of its evidence were opened. */
  openedAt: instantSchema.nullable(),
  attempt: certificateDocumentSchema.shape.attempt,
});
export type CertificateStanding = z.infer<typeof certificateStandingSchema>;
