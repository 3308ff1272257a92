import { and, eq, isNull } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { signInLinks, users } from '#db/schema/users.ts';
import { localOwner } from './local-owner.ts';
import { hashToken, newToken } from './token-secret.ts';

/**
 * An hour: long enough to read the README beside the terminal, short enough that a line left in a scroll-back is
 * worth nothing tomorrow. A new link costs a restart.
 */
export const signInLinkLifetimeMs = 60 * 60_000;

/**
 * A one-time link's token for the installation's owner. Only its hash is kept; older links that nobody used stop
 * serving, so at most one is alive.
 */
export const createSignInLink = async ({
  db,
  now,
}: {
  db: Database;
  now: () => Date;
}): Promise<{ token: string; expiresAt: Date }> => {
  const { userId } = await localOwner({ db });
  const token = newToken();
  const createdAt = now();
  const expiresAt = new Date(createdAt.getTime() + signInLinkLifetimeMs);
  await db.transaction(async (transaction) => {
    // Two starts at once take turns here, so that the later one's link is the one that lives.
    await transaction.select({ id: users.id }).from(users).where(eq(users.id, userId)).for('update');
    await transaction
      .delete(signInLinks)
      .where(and(eq(signInLinks.userId, userId), isNull(signInLinks.usedAt)));
    await transaction
      .insert(signInLinks)
      .values({ tokenHash: hashToken(token), userId, expiresAt, createdAt });
  });
  return { token, expiresAt };
};
