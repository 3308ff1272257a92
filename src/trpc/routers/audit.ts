import { z } from 'zod';
import { auditLabelSchema, auditProgressSchema, auditTaskSchema } from '#contracts/audit.ts';
import { storableTextSchema } from '#contracts/text.ts';
import { auditTask, beginAudit, finishAudit, getAuditProgress, labelClaim } from '#services/audit/index.ts';
import { procedureFor, router } from './init.ts';

const runIdSchema = z.strictObject({ id: storableTextSchema });
const { position } = auditTaskSchema.shape;

/** The audits of the signed-in user's own runs, by the run's id. Another user's run is NOT_FOUND. */
export const auditRouter = router({
  begin: procedureFor('runs:write')
    .input(runIdSchema)
    .output(auditProgressSchema)
    .mutation(({ ctx, input }) => beginAudit(ctx.services, ctx.actor, input.id)),
  progress: procedureFor('runs:read')
    .input(runIdSchema)
    .output(auditProgressSchema)
    .query(({ ctx, input }) => getAuditProgress(ctx.services, ctx.actor, input.id)),
  /** The claim at a position, or else the first without a label. Null: each has one. */
  task: procedureFor('runs:read')
    .input(runIdSchema.extend({ position: position.optional() }))
    .output(auditTaskSchema.nullable())
    .query(({ ctx, input }) => auditTask(ctx.services, ctx.actor, input)),
  label: procedureFor('runs:write')
    .input(runIdSchema.extend({ position, label: auditLabelSchema }))
    .output(auditProgressSchema)
    .mutation(({ ctx, input }) => labelClaim(ctx.services, ctx.actor, input)),
  finish: procedureFor('runs:write')
    .input(runIdSchema)
    .output(auditProgressSchema)
    .mutation(({ ctx, input }) => finishAudit(ctx.services, ctx.actor, input.id)),
});
