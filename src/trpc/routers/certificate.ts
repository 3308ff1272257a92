import { z } from 'zod';
import { auditSchema } from '#contracts/audit.ts';
import { certificateListInputSchema } from '#contracts/certificate.ts';
import {
  certificateListSchema,
  certificateOptionsSchema,
  certificateStandingSchema,
  publishedCertificateSchema,
  revocationRequestSchema,
} from '#contracts/certificate-standing.ts';
import { storableTextSchema } from '#contracts/text.ts';
import { findPublicAudit } from '#services/audit/index.ts';
import {
  certificateOptions,
  getCertificateStanding,
  getPublicCertificate,
  listPublicCertificates,
  revokeCertificate,
} from '#services/certificate/index.ts';
import { procedureFor, router } from './init.ts';

/** Certificates are public: anyone may read them. Who may revoke one, its verb decides. */
export const certificateRouter = router({
  byId: procedureFor('public')
    .input(z.strictObject({ id: storableTextSchema }))
    .output(publishedCertificateSchema)
    .query(({ ctx, input }) => getPublicCertificate(ctx.services, input.id)),
  /** The human audit of a certificate. Null: none was begun. */
  audit: procedureFor('public')
    .input(z.strictObject({ id: storableTextSchema }))
    .output(auditSchema.nullable())
    .query(({ ctx, input }) => findPublicAudit(ctx.services, input.id)),
  /** What became of it since it was issued, and which attempt it was. */
  standing: procedureFor('public')
    .input(z.strictObject({ id: storableTextSchema }))
    .output(certificateStandingSchema)
    .query(({ ctx, input }) => getCertificateStanding(ctx.services, input.id)),
  /** What the caller may do with it. */
  options: procedureFor('public')
    .input(z.strictObject({ id: storableTextSchema }))
    .output(certificateOptionsSchema)
    .query(({ ctx, input }) => certificateOptions(ctx.services, ctx.actor, input.id)),
  revoke: procedureFor('certificates:write')
    .input(revocationRequestSchema)
    .output(certificateStandingSchema)
    .mutation(({ ctx, input }) => revokeCertificate(ctx.services, ctx.actor, input)),
  list: procedureFor('public')
    .input(certificateListInputSchema.prefault({}))
    .output(certificateListSchema)
    .query(({ ctx, input }) => listPublicCertificates(ctx.services, input)),
});
