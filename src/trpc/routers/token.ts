import { z } from 'zod';
import { apiTokenCreatedSchema, apiTokenRequestSchema, apiTokenSchema } from '#contracts/account.ts';
import { storableTextSchema } from '#contracts/text.ts';
import { createApiToken, listApiTokens, revokeApiToken } from '#services/account/index.ts';
import { procedureFor, router } from './init.ts';

/** The user's personal tokens. Tokens never make tokens. */
export const tokenRouter = router({
  create: procedureFor('session')
    .input(apiTokenRequestSchema)
    .output(apiTokenCreatedSchema)
    .mutation(({ ctx, input }) => createApiToken(ctx.services, { userId: ctx.actor.userId, ...input })),
  list: procedureFor('account')
    .output(z.object({ tokens: z.array(apiTokenSchema) }))
    .query(({ ctx }) => listApiTokens(ctx.services, ctx.actor)),
  revoke: procedureFor('account')
    .input(z.strictObject({ id: storableTextSchema }))
    .output(z.object({ id: storableTextSchema }))
    .mutation(async ({ ctx, input }) => {
      await revokeApiToken(ctx.services, ctx.actor, input.id);
      return input;
    }),
});
