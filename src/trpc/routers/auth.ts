import { z } from 'zod';
import { walletSignatureSchema } from '#contracts/account.ts';
import { instantSchema } from '#contracts/instant.ts';
import { lineSchema, storableTextSchema } from '#contracts/text.ts';
import {
  createNonce,
  createSignInMessage,
  getUser,
  openSession,
  signInWithWallet,
  walletChainIds,
} from '#services/account/index.ts';
import { procedureFor, router, type TrpcContext } from './init.ts';

/**
 * A wallet shows its owner the domain of the page that asks, and compares it with the message's. The server's entry lets
 * only our own pages and those of CORS_ORIGINS ask. A program sends no origin.
 */
const pageOf = ({ auth, page = null }: TrpcContext): string =>
  page !== null && URL.canParse(page) ? page : auth.url;

/**
 * How a program signs in with a wallet: build an EIP-4361 message with `nonce` (or take the one that `walletMessage`
 * builds), sign it, and exchange it for a session whose secret is a bearer token. Pages use the same message and get a
 * session with a cookie.
 */
export const authRouter = router({
  me: procedureFor('public')
    .output(z.object({ userId: storableTextSchema, name: storableTextSchema.nullable() }).nullable())
    .query(async ({ ctx }) => {
      const user = ctx.actor && (await getUser(ctx.services, ctx.actor.userId));
      return user && { userId: user.userId, name: user.name };
    }),
  nonce: procedureFor('public')
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
      const { host: domain, origin: uri } = new URL(pageOf(ctx));
      return { nonce, expiresAt: expiresAt.toISOString(), domain, uri, chainIds: walletChainIds };
    }),
  walletMessage: procedureFor('public')
    .input(z.strictObject({ address: lineSchema.max(100), chainId: z.number().int() }))
    .output(z.object({ message: storableTextSchema, expiresAt: instantSchema }))
    .mutation(async ({ ctx, input }) => {
      const { message, expiresAt } = await createSignInMessage({ ...ctx.auth, url: pageOf(ctx) }, input);
      return { message, expiresAt: expiresAt.toISOString() };
    }),
  walletSignIn: procedureFor('public')
    .input(walletSignatureSchema)
    .output(z.object({ token: storableTextSchema, expiresAt: instantSchema }))
    .mutation(async ({ ctx, input }) => {
      const attempt = { ...ctx.auth, url: pageOf(ctx), address: ctx.address };
      const { secret, expiresAt } = await openSession(
        ctx.auth,
        await signInWithWallet(attempt, input),
        'bearer',
      );
      return { token: secret, expiresAt: expiresAt.toISOString() };
    }),
});
