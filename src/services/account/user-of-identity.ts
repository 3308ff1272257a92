import { and, eq, sql } from 'drizzle-orm';
import { OverBudgetError } from '#contracts/budget.ts';
import type { Database, Executor } from '#db/client.ts';
import { userIdentities, users } from '#db/schema/users.ts';
import type { Identity, SignInAttempt } from './sign-in-rule.ts';

/** A user, and the identity by which they are known here. */
export type KnownIdentity = { userId: string; identityId: string };

const find = async (db: Executor, { provider, subject }: Identity): Promise<KnownIdentity | undefined> => {
  const [known] = await db
    .select({ userId: userIdentities.userId, identityId: userIdentities.id })
    .from(userIdentities)
    .where(and(eq(userIdentities.provider, provider), eq(userIdentities.subject, subject)));
  return known;
};

/**
 * The user with this identity, created at the first sign-in. Two simultaneous first sign-ins create one user: each takes
 * a lock on the identity, which the end of the transaction releases.
 * @throws OverBudgetError where too many accounts were made.
 */
export const userOfIdentity = async (
  { db, signInRule, address }: { db: Database } & SignInAttempt,
  identity: Identity,
  name: string | null,
): Promise<KnownIdentity> => {
  const present = await find(db, identity);
  if (present) return present;
  const over = await signInRule.admitAccount(address);
  if (over) throw new OverBudgetError(over);
  const { provider, subject } = identity;
  return db.transaction(async (transaction) => {
    await transaction.execute(
      sql`select pg_advisory_xact_lock(hashtextextended(${`${provider}:${subject}`}, 0))`,
    );
    const known = await find(transaction, identity);
    if (known) return known;
    const [user] = await transaction.insert(users).values({ name }).returning({ userId: users.id });
    if (!user) throw new Error('Inserting a user returned no row.');
    const [made] = await transaction
      .insert(userIdentities)
      .values({ userId: user.userId, provider, subject })
      .returning({ userId: userIdentities.userId, identityId: userIdentities.id });
    if (!made) throw new Error('Inserting an identity returned no row.');
    return made;
  });
};
