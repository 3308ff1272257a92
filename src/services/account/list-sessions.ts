import { and, desc, eq, sql } from 'drizzle-orm';
import type { Session } from '#contracts/account.ts';
import type { Database } from '#db/client.ts';
import { sessions, userIdentities } from '#db/schema/users.ts';
import type { Actor } from '../ground/context.ts';
import { idleSeconds, sessionIsLive } from './live.ts';

/** Where the actor is signed in, the last used first. */
export const listSessions = async (
  { db }: { db: Database },
  { userId, credential }: Actor,
): Promise<{ sessions: Session[] }> => {
  const rows = await db
    .select({
      id: sessions.id,
      carrier: sessions.carrier,
      provider: userIdentities.provider,
      subject: userIdentities.subject,
      createdAt: sessions.createdAt,
      lastUsedAt: sessions.lastUsedAt,
      expiresAt:
        sql`least(${sessions.expiresAt}, ${sessions.lastUsedAt} + make_interval(secs => ${idleSeconds}))`.mapWith(
          sessions.expiresAt,
        ),
    })
    .from(sessions)
    .innerJoin(userIdentities, eq(userIdentities.id, sessions.identityId))
    .where(and(eq(sessions.userId, userId), sessionIsLive))
    .orderBy(desc(sessions.lastUsedAt), desc(sessions.id));
  return {
    sessions: rows.map((row) => ({
      ...row,
      createdAt: row.createdAt.toISOString(),
      lastUsedAt: row.lastUsedAt.toISOString(),
      expiresAt: row.expiresAt.toISOString(),
      current: credential?.kind === 'session' && credential.id === row.id,
    })),
  };
};
