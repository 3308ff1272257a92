import { and, eq, isNull } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { signInLinks, users } from '#db/schema/users.ts';
import { localOwner } from './local-owner.ts';
import { hashToken, newToken } from './token-secret.ts';

/**
 * An hour: long enough to read the README, short enough that a line left in the terminal's history is worthless
 * tomorrow. A new link takes a restart.
 */
export const signInLinkLifetimeMs = 60 * 60_000;

/**
 * The token of a one-time link for the installation's owner. Only its hash is stored. Older unused links stop working,
 * so at most one is valid.
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
    // Simultaneous starts take turns here, so that the last one's link is the valid one.
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
