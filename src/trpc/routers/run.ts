import { TRPCError } from '@trpc/server';
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
import { isLive } from '#services/account/index.ts';
import type { Actor, ServiceContext } from '#services/ground/index.ts';
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
import { procedureFor, router } from './init.ts';

/**
 * A stream outlasts the check of its request. Its session may be signed out meanwhile, or its token revoked.
 * @throws TRPCError UNAUTHORIZED
 */
const requireSignedIn = async (services: ServiceContext, { credential }: Actor) => {
  if (credential !== undefined && !(await isLive(services, credential)))
    throw new TRPCError({ code: 'UNAUTHORIZED', message: 'The session or token of this stream has ended.' });
};

const runIdSchema = z.strictObject({ id: storableTextSchema });

/** The signed-in user's own runs. Another user's run is NOT_FOUND. */
export const runRouter = router({
  create: procedureFor('runs:write')
    .input(runRequestSchema)
    .output(runCreatedSchema)
    .mutation(({ ctx, input }) => createRun(ctx.services, ctx.actor, input, ctx.address)),
  createSample: procedureFor('runs:write')
    .output(runCreatedSchema)
    .mutation(({ ctx }) => createSampleRun(ctx.services, ctx.actor, ctx.address)),
  tryOracle: procedureFor('runs:write')
    .input(tryRequestSchema)
    .output(oracleTrialSchema)
    .mutation(({ ctx, input, signal }) =>
      tryRunOracle(ctx.services, ctx.actor, input, { signal, address: ctx.address }),
    ),
  cancel: procedureFor('runs:write')
    .input(runIdSchema)
    .output(runSchema)
    .mutation(({ ctx, input }) => cancelRun(ctx.services, ctx.actor, input.id)),
  resume: procedureFor('runs:write')
    .input(continueRequestSchema)
    .output(runCreatedSchema)
    .mutation(({ ctx, input }) => continueRun(ctx.services, ctx.actor, 'resume', input, ctx.address)),
  retry: procedureFor('runs:write')
    .input(continueRequestSchema)
    .output(runCreatedSchema)
    .mutation(({ ctx, input }) => continueRun(ctx.services, ctx.actor, 'retry', input, ctx.address)),
  estimate: procedureFor('runs:write')
    .input(estimateRequestSchema)
    .output(runEstimateSchema)
    .mutation(({ ctx, input, signal }) =>
      estimateRun(ctx.services, ctx.actor, input, { signal, address: ctx.address }),
    ),
  byId: procedureFor('runs:read')
    .input(runIdSchema)
    .output(runSchema)
    .query(({ ctx, input }) => getRun(ctx.services, ctx.actor, input.id)),
  /** The run now and after each change, until it ends, as server-sent events. */
  changes: procedureFor('runs:read')
    .input(runIdSchema)
    .subscription(async function* ({ ctx, input, signal }) {
      const { services, actor } = ctx;
      const stopped = signal ?? new AbortController().signal;
      yield* followRun(services, actor, input.id, stopped, () => requireSignedIn(services, actor));
    }),
  list: procedureFor('runs:read')
    .input(runListInputSchema.prefault({}))
    .output(runListSchema)
    .query(({ ctx, input }) => listRuns(ctx.services, ctx.actor, input)),
  options: procedureFor('runs:read')
    .output(runOptionsSchema)
    .query(({ ctx }) => runOptions(ctx.services, ctx.actor)),
});
