import { z } from 'zod';
import {
  oracleTrialSchema,
  runCreatedSchema,
  runListInputSchema,
  runListSchema,
  runRequestSchema,
  runSchema,
  tryRequestSchema,
} from '#contracts/run.ts';
import { createRun } from '#services/run/create.ts';
import { createSampleRun } from '#services/run/create-sample.ts';
import { getRun } from '#services/run/get.ts';
import { listRuns } from '#services/run/list.ts';
import { runOptions, runOptionsSchema } from '#services/run/options.ts';
import { tryRunOracle } from '#services/run/try.ts';
import { protectedProcedure, router } from '../init.ts';

/** The signed-in user's own runs; another's is NOT_FOUND. */
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
  byId: protectedProcedure
    .input(z.object({ id: z.string().max(200) }))
    .output(runSchema)
    .query(({ ctx, input }) => getRun(ctx.services, ctx.actor, input.id)),
  list: protectedProcedure
    .input(runListInputSchema.prefault({}))
    .output(runListSchema)
    .query(({ ctx, input }) => listRuns(ctx.services, ctx.actor, input)),
  options: protectedProcedure
    .output(runOptionsSchema)
    .query(({ ctx }) => runOptions(ctx.services, ctx.actor)),
});
