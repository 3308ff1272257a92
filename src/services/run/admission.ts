import { eq } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import { isPaid, type JudgeProvider } from '#contracts/judge-providers.ts';
import { userIdentities } from '#db/schema/users.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { budgetSpent } from '../state/spending.ts';
import { exceededLimit, type Start } from './limits.ts';

export const engineOff =
  'This installation carries out no runs: ENGINE_ENABLED is false. Set ENGINE_ENABLED=true and start it again.';

const mayUsePaidJudge = async ({ db, policy }: ServiceContext, actor: Actor): Promise<boolean> => {
  // On loopback, the person who asks sits at the machine that holds the key.
  if (!policy.reachable) return true;
  const identities = await db
    .select({ provider: userIdentities.provider, subject: userIdentities.subject })
    .from(userIdentities)
    .where(eq(userIdentities.userId, actor.userId));
  // Wallets are stored in lower case; the operator may have listed a checksummed address.
  const accounts = new Set(policy.paidJudgeAccounts.map((account) => account.toLowerCase()));
  return identities.some(({ provider, subject }) => accounts.has(`${provider}:${subject}`.toLowerCase()));
};

/**
 * Why this actor cannot start a run with this judge now, as the error to throw; null if they can. Counting their limits
 * here only gives an early answer: `holdLimits` decides between simultaneous requests.
 */
export const whyNotAdmitted = async (
  context: ServiceContext,
  actor: Actor,
  judge: JudgeProvider,
  start: Start = { replays: 0 },
): Promise<AppError | null> => {
  const { policy } = context;
  if (!policy.engineEnabled) return new AppError('PRECONDITION_FAILED', engineOff);
  const { unavailable } = policy.judges[judge];
  if (unavailable !== null)
    return new AppError('PRECONDITION_FAILED', `The ${judge} judge is not available: ${unavailable}`);
  const exceeded = await exceededLimit(context.db, context, actor, start);
  if (exceeded !== null) return new AppError('TOO_MANY_REQUESTS', exceeded);
  if (!isPaid(judge)) return null;
  if (!(await mayUsePaidJudge(context, actor)))
    return new AppError(
      'FORBIDDEN',
      `The ${judge} judge costs the installation money and is open to the accounts in PAID_JUDGE_ACCOUNTS only; yours is not among them. Choose the offline judge, or ask the operator.`,
    );
  if (await budgetSpent(context))
    return new AppError(
      'TOO_MANY_REQUESTS',
      'The installation’s budget for its paid judge (MAX_COST_USD_PER_DAY) is spent for today. It starts over at 00:00 UTC; the offline judge is free.',
    );
  return null;
};
