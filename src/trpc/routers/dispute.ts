import { z } from 'zod';
import { certificateStandingSchema, disputeRequestSchema } from '#contracts/certificate-standing.ts';
import { storableTextSchema } from '#contracts/text.ts';
import { closeDispute, openDispute, removeDisputeText } from '#services/certificate/index.ts';
import { procedureFor, router } from './init.ts';

const disputeIdSchema = z.strictObject({ id: storableTextSchema });

/** Disputes of certificates, by the installation's owner. A dispute is opened by the certificate's id. */
export const disputeRouter = router({
  open: procedureFor('certificates:write')
    .input(disputeRequestSchema)
    .output(certificateStandingSchema)
    .mutation(({ ctx, input }) => openDispute(ctx.services, ctx.actor, input)),
  close: procedureFor('certificates:write')
    .input(disputeIdSchema)
    .output(certificateStandingSchema)
    .mutation(({ ctx, input }) => closeDispute(ctx.services, ctx.actor, input.id)),
  removeText: procedureFor('certificates:write')
    .input(disputeIdSchema)
    .output(certificateStandingSchema)
    .mutation(({ ctx, input }) => removeDisputeText(ctx.services, ctx.actor, input.id)),
});
