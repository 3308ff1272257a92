import { z } from 'zod';

/** What identifies a user: being the installation's `local` owner, a wallet's address, or a GitHub id. */
export const identityProviders = ['local', 'wallet', 'github'] as const;
export type IdentityProvider = (typeof identityProviders)[number];

export const apiTokenNameSchema = z
  .string()
  .trim()
  .min(1, 'Name the token, so that you know later what uses it.')
  .max(100, 'At most 100 characters.');
