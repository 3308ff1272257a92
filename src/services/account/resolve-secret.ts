import { and, eq } from 'drizzle-orm';
import type { SessionCarrier } from '#contracts/account.ts';
import type { Database } from '#db/client.ts';
import { apiTokens, sessions } from '#db/schema/users.ts';
import type { Actor, Credential } from '../ground/context.ts';
import { fromNow, sessionIsLive, sessionUseIsStale, tokenIsLive, tokenUseIsStale } from './live.ts';
import { hashSecret, kindOfSecret } from './secret.ts';

const actorOfSession = async (
  db: Database,
  secret: string,
  carrier: SessionCarrier,
): Promise<Actor | null> => {
  const found = and(
    eq(sessions.secretHash, hashSecret(secret)),
    eq(sessions.carrier, carrier),
    sessionIsLive,
  );
  const used = db.$with('used').as(
    db
      .update(sessions)
      .set({ lastUsedAt: fromNow(0) })
      .where(and(found, sessionUseIsStale))
      .returning({ id: sessions.id }),
  );
  const [session] = await db
    .with(used)
    .select({ id: sessions.id, userId: sessions.userId })
    .from(sessions)
    .where(found);
  return session ? { userId: session.userId, credential: { kind: 'session', id: session.id } } : null;
};

const actorOfToken = async (db: Database, secret: string): Promise<Actor | null> => {
  const found = and(eq(apiTokens.tokenHash, hashSecret(secret)), tokenIsLive);
  const used = db.$with('used').as(
    db
      .update(apiTokens)
      .set({ lastUsedAt: fromNow(0) })
      .where(and(found, tokenUseIsStale))
      .returning({ id: apiTokens.id }),
  );
  const [token] = await db
    .with(used)
    .select({ id: apiTokens.id, userId: apiTokens.userId, scopes: apiTokens.scopes })
    .from(apiTokens)
    .where(found);
  return token
    ? { userId: token.userId, credential: { kind: 'token', id: token.id, scopes: token.scopes } }
    : null;
};

/**
 * Whose secret this is, by one statement, which also notes its use. Null if it is unknown, has expired or was ended. A
 * cookie's secret is no bearer token, and a bearer's is no cookie.
 */
export const resolveSecret = async (
  { db }: { db: Database },
  secret: string,
  carrier: SessionCarrier,
): Promise<Actor | null> => {
  const kind = kindOfSecret(secret);
  if (kind === 'session') return actorOfSession(db, secret, carrier);
  return kind === 'token' && carrier === 'bearer' ? actorOfToken(db, secret) : null;
};

/** Whether what a caller signed in with is still good. For what outlasts its request. */
export const isLive = async ({ db }: { db: Database }, { kind, id }: Credential): Promise<boolean> => {
  const live =
    kind === 'session'
      ? await db.$count(sessions, and(eq(sessions.id, id), sessionIsLive))
      : await db.$count(apiTokens, and(eq(apiTokens.id, id), tokenIsLive));
  return live > 0;
};
