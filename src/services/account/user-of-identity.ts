import { and, eq, sql } from 'drizzle-orm';
import type { IdentityProvider } from '#contracts/account.ts';
import type { Database } from '#db/client.ts';
import { userIdentities, users } from '#db/schema/users.ts';

/** A way for a user to prove who they are. `subject` is the provider's own name for them, which never changes. */
export type Identity = { provider: IdentityProvider; subject: string };

/** A user, and the identity by which they are known here. */
export type KnownIdentity = { userId: string; identityId: string };

/**
 * The user with this identity, created at the first sign-in. Two simultaneous first sign-ins create one user: each takes
 * a lock on the identity, which the end of the transaction releases.
 */
export const userOfIdentity = (
  { db }: { db: Database },
  { provider, subject }: Identity,
  name: string | null,
): Promise<KnownIdentity> =>
  db.transaction(async (transaction) => {
    await transaction.execute(
      sql`select pg_advisory_xact_lock(hashtextextended(${`${provider}:${subject}`}, 0))`,
    );
    const [known] = await transaction
      .select({ userId: userIdentities.userId, identityId: userIdentities.id })
      .from(userIdentities)
      .where(and(eq(userIdentities.provider, provider), eq(userIdentities.subject, subject)));
    if (known) return known;
    const [user] = await transaction.insert(users).values({ name }).returning({ userId: users.id });
    if (!user) throw new Error('Inserting a user returned no row.');
    const [identity] = await transaction
      .insert(userIdentities)
      .values({ userId: user.userId, provider, subject })
      .returning({ userId: userIdentities.userId, identityId: userIdentities.id });
    if (!identity) throw new Error('Inserting an identity returned no row.');
    return identity;
  });
