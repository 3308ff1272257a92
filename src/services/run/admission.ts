import { and, count, eq, gte, inArray, sql } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import { isPaid, type JudgeProvider } from '#contracts/judge.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { userIdentities } from '#db/schema/users.ts';
import type { Actor, ServiceContext } from '../context.ts';
import { budgetSpent } from '../replay/spend.ts';
import { openStatuses } from './transitions.ts';

export const engineOff =
  'This installation carries out no runs: ENGINE_ENABLED is false. Set ENGINE_ENABLED=true and start it again.';

const mayUsePaidJudge = async ({ db, policy }: ServiceContext, actor: Actor): Promise<boolean> => {
  // On loopback whoever can ask sits at the machine that holds the key.
  if (!policy.reachable) return true;
  const identities = await db
    .select({ provider: userIdentities.provider, subject: userIdentities.subject })
    .from(userIdentities)
    .where(eq(userIdentities.userId, actor.userId));
  // Wallets are stored in lower case, while the operator may have listed a checksummed address.
  const accounts = new Set(policy.paidJudgeAccounts.map((account) => account.toLowerCase()));
  return identities.some(({ provider, subject }) => accounts.has(`${provider}:${subject}`.toLowerCase()));
};

const utcMidnight = (now: Date) =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));

/** What of this actor's limits another run of so many replays would exceed, in words; null where none. */
const exceededLimit = async (
  { db, policy, now }: ServiceContext,
  actor: Actor,
  replays: number,
): Promise<string | null> => {
  const { runsAtOnce, runsPerDay, replaysPerDay } = policy.limits;
  const own = eq(verificationRuns.userId, actor.userId);
  const [open] = await db
    .select({ runs: count() })
    .from(verificationRuns)
    .where(and(own, inArray(verificationRuns.status, openStatuses)));
  if ((open?.runs ?? 0) >= runsAtOnce)
    return `${runsAtOnce} of your runs are under way, which is as many as one user may have at once. Wait for one to end, or cancel one.`;
  const [today] = await db
    .select({
      runs: count(),
      replays: sql<number>`coalesce(sum((${verificationRuns.config} ->> 'limit')::int), 0)::int`,
    })
    .from(verificationRuns)
    .where(
      and(
        own,
        gte(verificationRuns.createdAt, utcMidnight(now())),
        // The same attempt is not counted again.
        sql`${verificationRuns.continuation} is distinct from 'resume'`,
      ),
    );
  if ((today?.runs ?? 0) >= runsPerDay)
    return `You have started ${runsPerDay} runs today, which is as many as one user may. The count begins anew at 00:00 UTC.`;
  if ((today?.replays ?? 0) + replays > replaysPerDay)
    return `Your runs of today ask for ${today?.replays ?? 0} replays, and one user may ask for ${replaysPerDay} a day. Choose a lower limit, or wait until 00:00 UTC.`;
  return null;
};

/** Why this actor can start no run with this judge now, as the error to throw; null where they can. */
export const whyNotAdmitted = async (
  context: ServiceContext,
  actor: Actor,
  judge: JudgeProvider,
  replays = 0,
): Promise<AppError | null> => {
  const { policy } = context;
  if (!policy.engineEnabled) return new AppError('PRECONDITION_FAILED', engineOff);
  const { unavailable } = policy.judges[judge];
  if (unavailable !== null)
    return new AppError('PRECONDITION_FAILED', `The ${judge} judge is not available: ${unavailable}`);
  const exceeded = await exceededLimit(context, actor, replays);
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
      'The installation’s budget for its paid judge (MAX_COST_USD_PER_DAY) is spent for today. It begins anew at 00:00 UTC; the offline judge is free.',
    );
  return null;
};
