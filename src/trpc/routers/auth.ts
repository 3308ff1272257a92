import { z } from 'zod';
import { walletSignatureSchema } from '#contracts/account.ts';
import { instantSchema } from '#contracts/instant.ts';
import { lineSchema, storableTextSchema } from '#contracts/text.ts';
import {
  createApiToken,
  createNonce,
  createSignInMessage,
  getUser,
  signInWithWallet,
  walletChainIds,
} from '#services/account/index.ts';
import { publicProcedure, router } from './init.ts';

/** A wallet can sign again at any time, so its token need not last longer than a day. */
const walletTokenLifetimeMs = 24 * 60 * 60_000;

/**
 * How a program signs in with a wallet: build an EIP-4361 message with `nonce` (or take the one that `walletMessage`
 * builds), sign it, and exchange it for a bearer token. Pages use the same message and get a session cookie instead.
 */
export const authRouter = router({
  me: publicProcedure
    .output(z.object({ userId: storableTextSchema, name: storableTextSchema.nullable() }).nullable())
    .query(async ({ ctx }) => {
      const user = ctx.actor && (await getUser(ctx.services, ctx.actor.userId));
      return user && { userId: user.userId, name: user.name };
    }),
  nonce: publicProcedure
    .output(
      z.object({
        nonce: storableTextSchema,
        expiresAt: instantSchema,
        domain: storableTextSchema,
        uri: storableTextSchema,
        chainIds: z.array(z.number().int()),
      }),
    )
    // It writes, so it is a mutation: no browser or cache may fetch it ahead of time.
    .mutation(async ({ ctx }) => {
      const { nonce, expiresAt } = await createNonce(ctx.services);
      const { host: domain, origin: uri } = new URL(ctx.auth.url);
      return { nonce, expiresAt: expiresAt.toISOString(), domain, uri, chainIds: walletChainIds };
    }),
  walletMessage: publicProcedure
    .input(z.strictObject({ address: lineSchema.max(100), chainId: z.number().int() }))
    .output(z.object({ message: storableTextSchema, expiresAt: instantSchema }))
    .mutation(async ({ ctx, input }) => {
      const { message, expiresAt } = await createSignInMessage(ctx.auth, input);
      return { message, expiresAt: expiresAt.toISOString() };
    }),
  walletSignIn: publicProcedure
    .input(walletSignatureSchema)
    .output(z.object({ token: storableTextSchema, expiresAt: instantSchema }))
    .mutation(async ({ ctx, input }) => {
      const { userId } = await signInWithWallet(ctx.auth, input);
      const expiresAt = new Date(ctx.auth.now().getTime() + walletTokenLifetimeMs);
      const { token } = await createApiToken(ctx.auth, { userId, name: 'Wallet sign-in', expiresAt });
      return { token, expiresAt: expiresAt.toISOString() };
    }),
});
