import { and, count, eq, gte, inArray, sql } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { Executor } from '#db/client.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { utcMidnight } from '../ground/utc-midnight.ts';
import { openStatuses } from '../state/transitions.ts';

/** What starts: an attempt that asks for this many replays, or a run that resumes such a one. */
export type Start = { replays: number; isResumed?: boolean };

const startedToday = (actor: Actor, now: Date) =>
  and(eq(verificationRuns.userId, actor.userId), gte(verificationRuns.createdAt, utcMidnight(now)));

/** Which of the user's limits this start would exceed, in words; null if none. */
export const exceededLimit = async (
  executor: Executor,
  { policy, now }: Pick<ServiceContext, 'policy' | 'now'>,
  actor: Actor,
  start: Start,
): Promise<string | null> => {
  const { runsAtOnce, runsPerDay, resumesPerDay, replaysPerDay } = policy.limits;
  const [open] = await executor
    .select({ runs: count() })
    .from(verificationRuns)
    .where(and(eq(verificationRuns.userId, actor.userId), inArray(verificationRuns.status, openStatuses)));
  if ((open?.runs ?? 0) >= runsAtOnce)
    return `${runsAtOnce} of your runs are under way, the most that one user may have. Wait for one to end, or cancel one.`;
  const ofToday = startedToday(actor, now());
  if (start.isResumed) {
    const [resumed] = await executor
      .select({ runs: count() })
      .from(verificationRuns)
      .where(and(ofToday, eq(verificationRuns.continuation, 'resume')));
    return (resumed?.runs ?? 0) < resumesPerDay
      ? null
      : `You have resumed ${resumesPerDay} runs today, the most that one user may. The count starts over at 00:00 UTC.`;
  }
  const [today] = await executor
    .select({
      runs: count(),
      replays: sql<number>`coalesce(sum((${verificationRuns.config} ->> 'limit')::int), 0)::int`,
    })
    .from(verificationRuns)
    // Resuming does not count the same attempt again.
    .where(and(ofToday, sql`${verificationRuns.continuation} is distinct from 'resume'`));
  if ((today?.runs ?? 0) >= runsPerDay)
    return `You have started ${runsPerDay} runs today, the most that one user may. The count starts over at 00:00 UTC.`;
  if ((today?.replays ?? 0) + start.replays > replaysPerDay)
    return `Your runs today ask for ${today?.replays ?? 0} replays, and one user may ask for ${replaysPerDay} a day. Choose a lower limit, or wait until 00:00 UTC.`;
  return null;
};

/**
 * Enforces the actor's limits for the run that this transaction inserts. Runs of one user are inserted one at a time: two
 * requests that count at once would both find the last place free.
 * @throws AppError TOO_MANY_REQUESTS
 */
export const holdLimits = async (
  transaction: Executor,
  context: Pick<ServiceContext, 'policy' | 'now'>,
  actor: Actor,
  start: Start,
): Promise<void> => {
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtext(${`runs of user ${actor.userId}`}))`);
  const exceeded = await exceededLimit(transaction, context, actor, start);
  if (exceeded !== null) throw new AppError('TOO_MANY_REQUESTS', exceeded);
};
