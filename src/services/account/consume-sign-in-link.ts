import { and, eq, gt, isNull } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { signInLinks } from '#db/schema/users.ts';
import { fromNow } from './live.ts';
import { localOwner } from './local-owner.ts';
import { hashSecret, kindOfSecret } from './secret.ts';
import type { KnownIdentity } from './user-of-identity.ts';

/**
 * Uses a link. Null if it is unknown, used, replaced by a newer one, or expired; the caller does not learn which. One
 * statement decides, so only one of two simultaneous uses succeeds.
 */
export const consumeSignInLink = async (
  { db }: { db: Database },
  token: string,
): Promise<KnownIdentity | null> => {
  if (kindOfSecret(token) !== 'link') return null;
  const [used] = await db
    .update(signInLinks)
    .set({ usedAt: fromNow(0) })
    .where(
      and(
        eq(signInLinks.tokenHash, hashSecret(token)),
        isNull(signInLinks.usedAt),
        gt(signInLinks.expiresAt, fromNow(0)),
      ),
    )
    .returning({ userId: signInLinks.userId });
  return used ? localOwner({ db }) : null;
};
