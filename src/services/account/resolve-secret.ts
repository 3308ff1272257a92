import { and, eq } from 'drizzle-orm';
import type { SessionCarrier } from '#contracts/account.ts';
import type { Database } from '#db/client.ts';
import { apiTokens, sessions, userIdentities } from '#db/schema/users.ts';
import type { Actor, Credential } from '../ground/context.ts';
import { fromNow, sessionIsLive, sessionUseIsStale, tokenIsLive, tokenUseIsStale } from './live.ts';
import { hashSecret, kindOfSecret } from './secret.ts';
import { maySignIn, type SignInRule } from './sign-in-rule.ts';

/** A secret is good, but its account may not sign in here any more. */
export type Unlisted = { unlisted: true };

type Context = { db: Database; signInRule: Pick<SignInRule, 'allow'> };

const actorOfSession = async (
  { db, signInRule }: Context,
  secret: string,
  carrier: SessionCarrier,
): Promise<Actor | Unlisted | null> => {
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
    .select({
      id: sessions.id,
      userId: sessions.userId,
      identity: { provider: userIdentities.provider, subject: userIdentities.subject },
    })
    .from(sessions)
    .innerJoin(userIdentities, eq(userIdentities.id, sessions.identityId))
    .where(found);
  if (session === undefined) return null;
  if (!maySignIn(signInRule, session.identity)) return { unlisted: true };
  return { userId: session.userId, credential: { kind: 'session', id: session.id } };
};

/** A token belongs to its user, so any of the user's accounts may answer for it. */
const actorOfToken = async (
  { db, signInRule }: Context,
  secret: string,
): Promise<Actor | Unlisted | null> => {
  const found = and(eq(apiTokens.tokenHash, hashSecret(secret)), tokenIsLive);
  const used = db.$with('used').as(
    db
      .update(apiTokens)
      .set({ lastUsedAt: fromNow(0) })
      .where(and(found, tokenUseIsStale))
      .returning({ id: apiTokens.id }),
  );
  const rows = await db
    .with(used)
    .select({
      id: apiTokens.id,
      userId: apiTokens.userId,
      scopes: apiTokens.scopes,
      identity: { provider: userIdentities.provider, subject: userIdentities.subject },
    })
    .from(apiTokens)
    .innerJoin(userIdentities, eq(userIdentities.userId, apiTokens.userId))
    .where(found);
  const [token] = rows;
  if (token === undefined) return null;
  if (!rows.some(({ identity }) => maySignIn(signInRule, identity))) return { unlisted: true };
  return { userId: token.userId, credential: { kind: 'token', id: token.id, scopes: token.scopes } };
};

/**
 * Whose secret this is, by one statement, which also notes its use. Null if it is unknown, has expired or was ended. A
 * cookie's secret is no bearer token, and a bearer's is no cookie. Who may not sign in today is not signed in: the
 * operator may have shortened SIGN_IN_ALLOW since.
 */
export const resolveSecret = async (
  context: Context,
  secret: string,
  carrier: SessionCarrier,
): Promise<Actor | Unlisted | null> => {
  const kind = kindOfSecret(secret);
  if (kind === 'session') return actorOfSession(context, secret, carrier);
  return kind === 'token' && carrier === 'bearer' ? actorOfToken(context, secret) : null;
};

/** Whether what a caller signed in with is still good. For what outlasts its request. */
export const isLive = async ({ db }: { db: Database }, { kind, id }: Credential): Promise<boolean> => {
  const live =
    kind === 'session'
      ? await db.$count(sessions, and(eq(sessions.id, id), sessionIsLive))
      : await db.$count(apiTokens, and(eq(apiTokens.id, id), tokenIsLive));
  return live > 0;
};
