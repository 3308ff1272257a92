import { eq, gt, sql } from 'drizzle-orm';
import type { Standing } from '#contracts/standing.ts';
import { userIdentities, users } from '#db/schema/users.ts';
import type { Actor, ServiceContext } from './context.ts';

/** Whose account is less than a day old, of a row of `users`: anybody can make many, but not a day ago. */
export const isNewcomer = gt(users.createdAt, sql`now() - interval '1 day'`);

/**
 * What the actor is to this installation, from who they signed in as. A request's address gives no right (wire contract,
 * "Who is a stranger").
 */
export const standingOf = async (
  {
    db,
    policy,
  }: Pick<ServiceContext, 'db'> & { policy: Pick<ServiceContext['policy'], 'paidJudgeAccounts'> },
  actor: Actor,
): Promise<Standing> => {
  const identities = await db
    .select({ provider: userIdentities.provider, subject: userIdentities.subject })
    .from(userIdentities)
    .where(eq(userIdentities.userId, actor.userId));
  const accounts = identities.map(({ provider, subject }) => `${provider}:${subject}`.toLowerCase());
  if (accounts.includes('local:owner')) return 'owner';
  // Wallets are stored in lower case; the operator may have listed a checksummed address.
  const listed = new Set(policy.paidJudgeAccounts.map((account) => account.toLowerCase()));
  return accounts.some((account) => listed.has(account)) ? 'listed' : 'stranger';
};
