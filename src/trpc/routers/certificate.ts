import { z } from 'zod';
import { auditSchema } from '#contracts/audit.ts';
import {
  certificateListInputSchema,
  certificateListSchema,
  certificateSchema,
} from '#contracts/certificate.ts';
import { certificateStandingSchema } from '#contracts/certificate-standing.ts';
import { storableTextSchema } from '#contracts/text.ts';
import { findPublicAudit } from '#services/audit/index.ts';
import {
  getCertificateStanding,
  getPublicCertificate,
  listPublicCertificates,
} from '#services/certificate/index.ts';
import { procedureFor, router } from './init.ts';

/** Certificates are public: anyone may read them. */
export const certificateRouter = router({
  byId: procedureFor('public')
    .input(z.strictObject({ id: storableTextSchema }))
    .output(certificateSchema)
    .query(({ ctx, input }) => getPublicCertificate(ctx.services, input.id)),
  /** The human audit of a certificate. Null: none was begun. */
  audit: procedureFor('public')
    .input(z.strictObject({ id: storableTextSchema }))
    .output(auditSchema.nullable())
    .query(({ ctx, input }) => findPublicAudit(ctx.services, input.id)),
  /** Whether it is still valid, and which attempt it was. */
  standing: procedureFor('public')
    .input(z.strictObject({ id: storableTextSchema }))
    .output(certificateStandingSchema)
    .query(({ ctx, input }) => getCertificateStanding(ctx.services, input.id)),
  list: procedureFor('public')
    .input(certificateListInputSchema.prefault({}))
    .output(certificateListSchema)
    .query(({ ctx, input }) => listPublicCertificates(ctx.services, input)),
});
