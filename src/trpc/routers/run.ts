import { z } from 'zod';
import { estimateRequestSchema, runEstimateSchema } from '#contracts/estimate.ts';
import {
  oracleTrialSchema,
  runCreatedSchema,
  runListInputSchema,
  runListSchema,
  runSchema,
} from '#contracts/run.ts';
import { continueRequestSchema, runRequestSchema, tryRequestSchema } from '#contracts/run-request.ts';
import { storableTextSchema } from '#contracts/text.ts';
import {
  cancelRun,
  continueRun,
  createRun,
  createSampleRun,
  estimateRun,
  followRun,
  getRun,
  listRuns,
  runOptions,
  runOptionsSchema,
  tryRunOracle,
} from '#services/run/index.ts';
import { protectedProcedure, router } from './init.ts';

const runIdSchema = z.strictObject({ id: storableTextSchema });

/** The signed-in user's own runs. Another user's run is NOT_FOUND. */
export const runRouter = router({
  create: protectedProcedure
    .input(runRequestSchema)
    .output(runCreatedSchema)
    .mutation(({ ctx, input }) => createRun(ctx.services, ctx.actor, input)),
  createSample: protectedProcedure
    .output(runCreatedSchema)
    .mutation(({ ctx }) => createSampleRun(ctx.services, ctx.actor)),
  tryOracle: protectedProcedure
    .input(tryRequestSchema)
    .output(oracleTrialSchema)
    .mutation(({ ctx, input }) => tryRunOracle(ctx.services, ctx.actor, input)),
  cancel: protectedProcedure
    .input(runIdSchema)
    .output(runSchema)
    .mutation(({ ctx, input }) => cancelRun(ctx.services, ctx.actor, input.id)),
  resume: protectedProcedure
    .input(continueRequestSchema)
    .output(runCreatedSchema)
    .mutation(({ ctx, input }) => continueRun(ctx.services, ctx.actor, 'resume', input)),
  retry: protectedProcedure
    .input(continueRequestSchema)
    .output(runCreatedSchema)
    .mutation(({ ctx, input }) => continueRun(ctx.services, ctx.actor, 'retry', input)),
  estimate: protectedProcedure
    .input(estimateRequestSchema)
    .output(runEstimateSchema)
    .mutation(({ ctx, input }) => estimateRun(ctx.services, ctx.actor, input)),
  byId: protectedProcedure
    .input(runIdSchema)
    .output(runSchema)
    .query(({ ctx, input }) => getRun(ctx.services, ctx.actor, input.id)),
  /** The run now and after each change, until it ends, as server-sent events. */
  changes: protectedProcedure.input(runIdSchema).subscription(async function* ({ ctx, input, signal }) {
    yield* followRun(ctx.services, ctx.actor, input.id, signal ?? new AbortController().signal);
  }),
  list: protectedProcedure
    .input(runListInputSchema.prefault({}))
    .output(runListSchema)
    .query(({ ctx, input }) => listRuns(ctx.services, ctx.actor, input)),
  options: protectedProcedure
    .output(runOptionsSchema)
    .query(({ ctx }) => runOptions(ctx.services, ctx.actor)),
});
