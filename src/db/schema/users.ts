import { index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import {
  apiTokenNameSchema,
  identityProviders,
  sessionCarriers,
  tokenScopes,
  tokenScopesSchema,
} from '#contracts/account.ts';
import { fitsNotEmpty, isDigest, isListed, listsOnly } from './checks.ts';
import { instant, jsonbOf } from './columns.ts';

export const users = pgTable('users', {
  id: uuid('id').primaryKey().defaultRandom(),
  /** Null where a user's provider knows no name of theirs. */
  name: text('name'),
  createdAt: instant('created_at').notNull().defaultNow(),
});

/** How a user is known: `local` (owner of an embedded installation), `wallet` (lower-case address), `github` (id). */
export const userIdentities = pgTable(
  'user_identities',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    provider: text('provider', { enum: identityProviders }).notNull(),
    subject: text('subject').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    unique('user_identities_provider_subject_key').on(table.provider, table.subject),
    index('user_identities_user_id_idx').on(table.userId),
    isListed(table.provider, identityProviders),
  ],
);

/** One-time sign-in links. Only the SHA-256 of a link's token is stored. */
export const signInLinks = pgTable(
  'sign_in_links',
  {
    tokenHash: text('token_hash').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [index('sign_in_links_user_id_idx').on(table.userId), isDigest(table.tokenHash)],
);

/** Nonces of Sign-In with Ethereum: a row is deleted by the sign-in that uses it, so each serves once. */
export const siweNonces = pgTable('siwe_nonces', {
  nonce: text('nonce').primaryKey(),
  expiresAt: instant('expires_at').notNull(),
});

/** Who is signed in. Only the SHA-256 of a session's secret is stored. */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The wallet, GitHub account or local owner that signed in. */
    identityId: uuid('identity_id')
      .notNull()
      .references(() => userIdentities.id, { onDelete: 'cascade' }),
    carrier: text('carrier', { enum: sessionCarriers }).notNull(),
    secretHash: text('secret_hash').notNull().unique(),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** Written at most once a minute. */
    lastUsedAt: instant('last_used_at').notNull().defaultNow(),
    /** However much it is used. */
    expiresAt: instant('expires_at').notNull(),
    /** When it was signed out. */
    endedAt: instant('ended_at'),
  },
  (table) => [
    index('sessions_user_id_idx').on(table.userId),
    index('sessions_identity_id_idx').on(table.identityId),
    isListed(table.carrier, sessionCarriers),
    isDigest(table.secretHash),
  ],
);

/** Personal tokens. Only the SHA-256 is stored. */
export const apiTokens = pgTable(
  'api_tokens',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    tokenHash: text('token_hash').notNull().unique(),
    scopes: jsonbOf('scopes_json', tokenScopesSchema).notNull(),
    /** Null for a token that works until it is revoked. */
    expiresAt: instant('expires_at'),
    /** Written at most once a minute. */
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('api_tokens_user_id_idx').on(table.userId),
    fitsNotEmpty(table.name, apiTokenNameSchema),
    listsOnly(table.scopes, tokenScopes),
    isDigest(table.tokenHash),
  ],
);
