import { and, eq, gt, isNull, lt, or } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { apiTokens } from '#db/schema/users.ts';
import type { Actor } from '../ground/context.ts';
import { apiTokenPrefix, hashToken } from './token-secret.ts';

/** `last_used_at` answers "is this still in use?". A minute is precise enough, and a write per request is too much. */
const lastUsedResolutionMs = 60_000;

/** The token's user; null if the token is unknown or expired, or its user is gone (tokens are deleted with their user). */
export const resolveApiToken = async (
  { db, now }: { db: Database; now: () => Date },
  token: string,
): Promise<Actor | null> => {
  if (!token.startsWith(apiTokenPrefix)) return null;
  const at = now();
  const [found] = await db
    .select({ id: apiTokens.id, userId: apiTokens.userId })
    .from(apiTokens)
    .where(
      and(
        eq(apiTokens.tokenHash, hashToken(token)),
        or(isNull(apiTokens.expiresAt), gt(apiTokens.expiresAt, at)),
      ),
    );
  if (!found) return null;
  const stale = new Date(at.getTime() - lastUsedResolutionMs);
  await db
    .update(apiTokens)
    .set({ lastUsedAt: at })
    .where(
      and(eq(apiTokens.id, found.id), or(isNull(apiTokens.lastUsedAt), lt(apiTokens.lastUsedAt, stale))),
    );
  return { userId: found.userId };
};
