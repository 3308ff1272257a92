import { and, eq, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { Database } from '#db/client.ts';
import { sessions } from '#db/schema/users.ts';
import type { Actor, Log } from '../ground/context.ts';
import { fromNow, sessionIsLive } from './live.ts';
import { hashSecret } from './secret.ts';

type Context = { db: Database; log: Log };

const end = async ({ db, log }: Context, which: SQL | undefined): Promise<number> => {
  const ended = await db
    .update(sessions)
    .set({ endedAt: fromNow(0) })
    .where(and(which, sessionIsLive))
    .returning({ id: sessions.id, userId: sessions.userId });
  for (const { id, userId } of ended) log.info({ userId, sessionId: id }, 'Signed out');
  return ended.length;
};

/** Signs out: ends the session with this secret at once. Does nothing if no session has it. */
export const signOut = async (context: Context, secret: string): Promise<void> => {
  await end(context, eq(sessions.secretHash, hashSecret(secret)));
};

/**
 * Ends one of the actor's sessions.
 * @throws AppError NOT_FOUND
 */
export const endSession = async (context: Context, { userId }: Actor, id: string): Promise<void> => {
  const isId = z.uuid().safeParse(id).success;
  if (!isId || (await end(context, and(eq(sessions.userId, userId), eq(sessions.id, id)))) === 0)
    throw new AppError('NOT_FOUND', 'You have no such session.');
};

/** Signs the actor out everywhere. Their personal tokens stay. */
export const endSessions = async (context: Context, { userId }: Actor): Promise<{ ended: number }> => ({
  ended: await end(context, eq(sessions.userId, userId)),
});
