import { attemptListInputSchema, constructSchema } from '#contracts/construct.ts';
import { listAttempts } from '#services/certificate/index.ts';
import { procedureFor, router } from './init.ts';

/** What the log has of constructs, by their names. Anyone may read it. */
export const constructRouter = router({
  byName: procedureFor('public')
    .input(attemptListInputSchema)
    .output(constructSchema)
    .query(({ ctx, input }) => listAttempts(ctx.services, input)),
});
