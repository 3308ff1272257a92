import { z } from 'zod';
import { lineSchema, linesSchema } from './text.ts';

/** What identifies a user: being the installation's `local` owner, a wallet's address, or a GitHub id. */
export const identityProviders = ['local', 'wallet', 'github'] as const;
export type IdentityProvider = (typeof identityProviders)[number];

export const apiTokenNameSchema = lineSchema
  .min(1, 'Name the token, so that you know later what uses it.')
  .max(100, 'At most 100 characters.');

/** A signed sign-in message (EIP-4361). */
export const walletSignatureSchema = z.strictObject({
  message: linesSchema.min(1).max(10_000),
  signature: lineSchema.min(1).max(10_000),
});
