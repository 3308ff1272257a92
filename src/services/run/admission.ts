import { and, eq, type SQL, sql } from 'drizzle-orm';
import { networkOfAddress } from '#contracts/client-header.ts';
import { AppError } from '#contracts/errors.ts';
import { InsufficientScope } from '#contracts/insufficient-scope.ts';
import { isPaid, type JudgeProvider } from '#contracts/judge-providers.ts';
import { mayUseOperatorsMeans, type Standing } from '#contracts/standing.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { users } from '#db/schema/users.ts';
import { type Actor, hasScope, type ServiceContext } from '../ground/context.ts';
import { isNewcomer } from '../ground/standing.ts';
import { budgetSpent } from '../state/spending.ts';
import { whyNoRoom } from './evidence-room.ts';
import { exceededLimit, type Start } from './limits.ts';

export const engineOff =
  'This installation carries out no runs: ENGINE_ENABLED is false. Set ENGINE_ENABLED=true and start it again.';

/** Whose run would begin: what they are, and the client's address where clients can be told apart. */
type From = { standing: Standing; address: string | null };

/** What strangers of one network, and strangers whose accounts are less than a day old, may have of the queue. */
const [shareOfNetwork, shareOfNewcomers] = [1 / 8, 3 / 4];

/**
 * Why the installation queues no more runs now; null if it does. Only strangers' runs are held to the length of the queue,
 * so that they cannot shut out its owner.
 */
const whyFull = async (
  { db, policy }: ServiceContext,
  { userId }: Actor,
  { standing, address }: From,
): Promise<string | null> => {
  const { queuedRuns } = policy.limits;
  if (standing !== 'stranger') return null;
  /** Stops counting at the bound. */
  const isFull = async (bound: number, whose?: SQL): Promise<boolean> => {
    const waiting = db
      .select({ id: verificationRuns.id })
      .from(verificationRuns)
      .innerJoin(users, eq(users.id, verificationRuns.userId))
      .where(and(eq(verificationRuns.status, 'PENDING'), whose))
      .limit(bound)
      .as('waiting');
    return (await db.$count(waiting)) >= bound;
  };
  if (await isFull(queuedRuns))
    return `${queuedRuns} runs wait to begin, the most that this installation queues. Try again later.`;
  const ofNewcomers = Math.ceil(queuedRuns * shareOfNewcomers);
  const isStrangers = sql`${verificationRuns.config} ->> 'standing' = 'stranger'`;
  if (
    (await isFull(ofNewcomers, and(isStrangers, isNewcomer))) &&
    (await db.$count(users, and(eq(users.id, userId), isNewcomer))) > 0
  )
    return `${ofNewcomers} runs of accounts that are less than a day old wait to begin, the most that this installation queues. Try again later.`;
  if (address === null) return null;
  const ofNetwork = Math.ceil(queuedRuns * shareOfNetwork);
  return (await isFull(ofNetwork, eq(verificationRuns.network, networkOfAddress(address))))
    ? `${ofNetwork} runs from your network wait to begin, the most that this installation queues for one. Try again later.`
    : null;
};

/**
 * Why this actor cannot start a run with this judge now, as the error to throw; null if they can. Counting their limits
 * here only gives an early answer: `holdLimits` and `holdRoom` decide between simultaneous requests.
 */
export const whyNotAdmitted = async (
  context: ServiceContext,
  actor: Actor,
  { judge, start = { replays: 0 }, ...from }: From & { judge: JudgeProvider; start?: Start },
): Promise<AppError | null> => {
  const { policy } = context;
  if (!policy.engineEnabled) return new AppError('PRECONDITION_FAILED', engineOff);
  const { unavailable } = policy.judges[judge];
  if (unavailable !== null)
    return new AppError('PRECONDITION_FAILED', `The ${judge} judge is not available: ${unavailable}`);
  const exceeded = await exceededLimit(context.db, context, actor, start);
  if (exceeded !== null) return new AppError('TOO_MANY_REQUESTS', exceeded);
  const noRoom = await whyNoRoom(context.db, context, actor, {
    standing: from.standing,
    replays: start.replays,
  });
  if (noRoom !== null) return noRoom;
  const full = await whyFull(context, actor, from);
  if (full !== null) return new AppError('SERVICE_UNAVAILABLE', full);
  if (!isPaid(judge)) return null;
  if (!hasScope(actor, 'runs:spend')) return new InsufficientScope('runs:spend');
  if (!mayUseOperatorsMeans(from.standing))
    return new AppError(
      'FORBIDDEN',
      `The ${judge} judge costs the installation money. It is open to the installation’s owner and to the accounts in PAID_JUDGE_ACCOUNTS; yours is not among them. Choose the offline check, or ask the operator.`,
    );
  if (await budgetSpent(context))
    return new AppError(
      'TOO_MANY_REQUESTS',
      'The installation’s budget for its paid judge (MAX_COST_USD_PER_DAY) is spent for today. It starts over at 00:00 UTC; the offline check is free.',
    );
  return null;
};
