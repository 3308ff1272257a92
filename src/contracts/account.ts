import { z } from 'zod';

/** How a user is known: as the installation's `local` owner, by a wallet's address, or by GitHub's id of them. */
export const identityProviders = ['local', 'wallet', 'github'] as const;
export type IdentityProvider = (typeof identityProviders)[number];

export const apiTokenNameSchema = z
  .string()
  .trim()
  .min(1, 'Name the token, so that you can tell later what uses it.')
  .max(100, 'At most 100 characters.');
