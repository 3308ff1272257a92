import { z } from 'zod';
import { instantSchema } from './instant.ts';
import { lineSchema, linesSchema, storableTextSchema } from './text.ts';

/** What identifies a user: being the installation's `local` owner, a wallet's address, or a GitHub id. */
export const identityProviders = ['local', 'wallet', 'github'] as const;
export type IdentityProvider = (typeof identityProviders)[number];

/**
 * A GitHub user as the subject of an identity. Every GitHub server gives out the same numbers, so those of others than
 * github.com carry the server's host: `583231@github.example.com`.
 */
export const githubSubject = (id: string, serverUrl: string): string => {
  const { host } = new URL(serverUrl);
  return host === 'github.com' ? id : `${id}@${host}`;
};

export const apiTokenNameSchema = lineSchema
  .min(1, 'Name the token, so that you know later what uses it.')
  .max(100, 'At most 100 characters.');

/** A signed sign-in message (EIP-4361). */
export const walletSignatureSchema = z.strictObject({
  message: linesSchema.min(1).max(10_000),
  signature: lineSchema.min(1).max(10_000),
});

/** How a session's secret travels: in the cookie of a browser, or as the bearer token of a program. */
export const sessionCarriers = ['cookie', 'bearer'] as const;
export type SessionCarrier = (typeof sessionCarriers)[number];

/** What a personal token may do. No scope includes another. */
export const tokenScopes = [
  'runs:read',
  'runs:write',
  'runs:spend',
  'certificates:write',
  'account',
] as const;
export type TokenScope = (typeof tokenScopes)[number];

export const tokenScopesSchema = z
  .array(
    z.enum(tokenScopes, {
      error: ({ input }) =>
        `${typeof input === 'string' ? JSON.stringify(input.slice(0, 50)) : 'This'} is not a scope. Known scopes: ${tokenScopes.join(', ')}.`,
    }),
  )
  .min(1, 'Name at least one scope.')
  .max(100)
  .transform((scopes) => tokenScopes.filter((scope) => scopes.includes(scope)));

const daySeconds = 24 * 60 * 60;

export const apiTokenRequestSchema = z.strictObject({
  name: apiTokenNameSchema,
  scopes: tokenScopesSchema.default(['runs:read']),
  /** Null: the token works until it is revoked. */
  expiresInSeconds: z
    .number()
    .int()
    .min(60, 'A token lives at least a minute.')
    .max(3650 * daySeconds, 'A token lives at most 3650 days.')
    .nullable()
    .default(null),
});
export type ApiTokenRequest = z.input<typeof apiTokenRequestSchema>;

export const apiTokenSchema = z.object({
  id: storableTextSchema,
  name: storableTextSchema,
  scopes: z.array(z.enum(tokenScopes)),
  createdAt: instantSchema,
  /** To the minute. Null: never used. */
  lastUsedAt: instantSchema.nullable(),
  expiresAt: instantSchema.nullable(),
});
export type ApiToken = z.infer<typeof apiTokenSchema>;

/** `token` is shown only in this answer. */
export const apiTokenCreatedSchema = apiTokenSchema.extend({ token: storableTextSchema });

export const sessionSchema = z.object({
  id: storableTextSchema,
  carrier: z.enum(sessionCarriers),
  /** The account that signed in. */
  provider: z.enum(identityProviders),
  subject: storableTextSchema,
  createdAt: instantSchema,
  /** To the minute. */
  lastUsedAt: instantSchema,
  /** When it ends if it is not used again. */
  expiresAt: instantSchema,
  /** Whether it is the session that asks. */
  current: z.boolean(),
});
export type Session = z.infer<typeof sessionSchema>;
