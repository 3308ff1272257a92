import { and, eq, isNull } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { signInLinks } from '#db/schema/users.ts';
import { fromNow } from './live.ts';
import { localOwner } from './local-owner.ts';
import { lockUser } from './lock-user.ts';
import { hashSecret, newSecret } from './secret.ts';

/**
 * An hour: long enough to read the README, short enough that a line left in the terminal's history is worthless
 * tomorrow. A new link takes a restart.
 */
const lifetimeSeconds = 60 * 60;

/**
 * The token of a one-time link for the installation's owner. Only its hash is stored. Older unused links stop working,
 * so at most one is valid.
 */
export const createSignInLink = async ({
  db,
}: {
  db: Database;
}): Promise<{ token: string; expiresAt: Date }> => {
  const { userId } = await localOwner({ db });
  const token = newSecret('link');
  return db.transaction(async (transaction) => {
    // Simultaneous starts take turns here, so that the last one's link is the valid one.
    await lockUser(transaction, userId);
    await transaction
      .delete(signInLinks)
      .where(and(eq(signInLinks.userId, userId), isNull(signInLinks.usedAt)));
    const [link] = await transaction
      .insert(signInLinks)
      .values({ tokenHash: hashSecret(token), userId, expiresAt: fromNow(lifetimeSeconds) })
      .returning({ expiresAt: signInLinks.expiresAt });
    if (!link) throw new Error('Inserting a sign-in link returned no row.');
    return { token, expiresAt: link.expiresAt };
  });
};
