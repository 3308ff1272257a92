import { and, eq, gt, isNull } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { signInLinks } from '#db/schema/users.ts';
import type { Actor } from '../ground/context.ts';
import { hashToken } from './token-secret.ts';

/**
 * Uses a link. Null if it is unknown, used, replaced by a newer one, or expired; the caller does not learn which. One
 * statement decides, so only one of two simultaneous uses succeeds.
 */
export const consumeSignInLink = async (
  { db, now }: { db: Database; now: () => Date },
  token: string,
): Promise<Actor | null> => {
  const at = now();
  const [used] = await db
    .update(signInLinks)
    .set({ usedAt: at })
    .where(
      and(
        eq(signInLinks.tokenHash, hashToken(token)),
        isNull(signInLinks.usedAt),
        gt(signInLinks.expiresAt, at),
      ),
    )
    .returning({ userId: signInLinks.userId });
  return used ?? null;
};
