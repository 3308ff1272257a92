import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { Database } from '#db/client.ts';
import { apiTokens } from '#db/schema/users.ts';
import type { Actor, Log } from '../ground/context.ts';
import { fromNow, tokenIsLive } from './live.ts';

/**
 * Ends one of the actor's tokens at once.
 * @throws AppError NOT_FOUND
 */
export const revokeApiToken = async (
  { db, log }: { db: Database; log: Log },
  { userId }: Actor,
  id: string,
): Promise<void> => {
  const revoked = z.uuid().safeParse(id).success
    ? await db
        .update(apiTokens)
        .set({ revokedAt: fromNow(0) })
        .where(and(eq(apiTokens.id, id), eq(apiTokens.userId, userId), tokenIsLive))
        .returning({ id: apiTokens.id })
    : [];
  if (revoked.length === 0) throw new AppError('NOT_FOUND', 'You have no such token.');
  log.info({ userId, tokenId: id }, 'Revoked a personal token');
};
