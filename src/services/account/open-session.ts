import { desc, eq, inArray, sql } from 'drizzle-orm';
import type { SessionCarrier } from '#contracts/account.ts';
import type { Database, Executor } from '#db/client.ts';
import { sessions } from '#db/schema/users.ts';
import type { Log } from '../ground/context.ts';
import { daySeconds, fromNow } from './live.ts';
import { lockUser } from './lock-user.ts';
import { hashSecret, newSecret } from './secret.ts';
import type { KnownIdentity } from './user-of-identity.ts';

/** How long a session lasts at most. A program can sign again at any time, so a day is enough for it. */
export const sessionSeconds: Record<SessionCarrier, number> = { cookie: 30 * daySeconds, bearer: daySeconds };

const mostSessions = 100;

/** A user who signs in again and again keeps the sessions that were used last. */
const dropOthers = (transaction: Executor, userId: string) =>
  transaction.delete(sessions).where(
    inArray(
      sessions.id,
      transaction
        .select({ id: sessions.id })
        .from(sessions)
        .where(eq(sessions.userId, userId))
        .orderBy(desc(sql`${sessions.endedAt} is null`), desc(sessions.lastUsedAt))
        .offset(mostSessions),
    ),
  );

/** Signs a user in: a new session, with a new secret that only this answer holds. */
export const openSession = async (
  { db, log }: { db: Database; log: Log },
  { userId, identityId }: KnownIdentity,
  carrier: SessionCarrier,
): Promise<{ secret: string; expiresAt: Date }> => {
  const secret = newSecret('session');
  const session = await db.transaction(async (transaction) => {
    await lockUser(transaction, userId);
    const [opened] = await transaction
      .insert(sessions)
      .values({
        userId,
        identityId,
        carrier,
        secretHash: hashSecret(secret),
        expiresAt: fromNow(sessionSeconds[carrier]),
      })
      .returning({ id: sessions.id, expiresAt: sessions.expiresAt });
    if (!opened) throw new Error('Inserting a session returned no row.');
    await dropOthers(transaction, userId);
    return opened;
  });
  log.info({ userId, identityId, sessionId: session.id, carrier }, 'Signed in');
  return { secret, expiresAt: session.expiresAt };
};
