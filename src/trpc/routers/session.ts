import { z } from 'zod';
import { sessionSchema } from '#contracts/account.ts';
import { storableTextSchema } from '#contracts/text.ts';
import { endSession, endSessions, listSessions } from '#services/account/index.ts';
import { procedureFor, router } from './init.ts';

/** Where the user is signed in. */
export const sessionRouter = router({
  list: procedureFor('account')
    .output(z.object({ sessions: z.array(sessionSchema) }))
    .query(({ ctx }) => listSessions(ctx.services, ctx.actor)),
  end: procedureFor('account')
    .input(z.strictObject({ id: storableTextSchema }))
    .output(z.object({ ended: z.number().int() }))
    .mutation(async ({ ctx, input }) => {
      await endSession(ctx.services, ctx.actor, input.id);
      return { ended: 1 };
    }),
  /** Signs out everywhere, here too. Personal tokens stay. */
  endAll: procedureFor('account')
    .output(z.object({ ended: z.number().int() }))
    .mutation(({ ctx }) => endSessions(ctx.services, ctx.actor)),
});
