import { and, gte, ne, type SQL, sql } from 'drizzle-orm';
import type { UnansweredCalls } from '#contracts/certificate.ts';
import type { Executor } from '#db/client.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import type { Spent } from '#verification/judges/booked-judge.ts';
import type { ServiceContext } from '../ground/context.ts';
import { utcMidnight } from '../ground/utc-midnight.ts';

/** "$0.25", as a run's owner reads it. */
export const dollars = (amount: number) => `$${amount.toFixed(2)}`;

export const amountsOf = async (executor: Executor, where: SQL): Promise<Spent> => {
  const [row] = await executor
    .select({
      bookedUsd: sql<number>`coalesce(sum(${judgeSpend.costUsd}), 0)::float8`,
      underWay: sql<boolean>`coalesce(bool_or(${judgeSpend.state} = 'open'), false)`,
    })
    .from(judgeSpend)
    .where(where);
  return row ?? { bookedUsd: 0, underWay: false };
};

/** The run that a row of `verification_runs` resumes, if any. */
export const resumed = sql.raw(`case when continuation = 'resume' then continues_run_id end`);

/** A run and those that it resumes: one attempt, one account. */
export const ofAttempt = (runId: string) => sql`${judgeSpend.runId} in (
  with recursive attempt(id, resumes) as (
    select id, ${resumed} from verification_runs where id = ${runId}
    union all
    select run.id, ${resumed} from verification_runs run join attempt on run.id = attempt.resumes
  ) select id from attempt)`;

/** The calls of an attempt whose answer was lost. Those of a worker that has just died may still be open. */
export const unansweredCalls = async (executor: Executor, runId: string): Promise<UnansweredCalls> => {
  const [row] = await executor
    .select({
      likelyUsd: sql<number>`coalesce(sum(case ${judgeSpend.state} when 'cut' then ${judgeSpend.costUsd} else ${judgeSpend.likelyUsd} end), 0)::float8`,
      mostUsd: sql<number>`coalesce(sum(${judgeSpend.mostUsd}), 0)::float8`,
    })
    .from(judgeSpend)
    .where(and(ofAttempt(runId), ne(judgeSpend.state, 'settled')));
  return row ?? { likelyUsd: 0, mostUsd: 0 };
};

/** The calls of a UTC day, from 00:00 to `now`. */
export const ofDay = (now: Date): SQL => gte(judgeSpend.createdAt, utcMidnight(now));

/** What the installation's judge calls are booked at since 00:00 UTC, in US dollars. */
export const spentToday = async ({ db, now }: Pick<ServiceContext, 'db' | 'now'>): Promise<number> =>
  (await amountsOf(db, ofDay(now()))).bookedUsd;

/** Whether the day's budget is used up; always false on an installation without a limit. */
export const budgetSpent = async (
  context: Pick<ServiceContext, 'db' | 'now' | 'policy'>,
): Promise<boolean> => {
  const limit = context.policy.maxCostUsdPerDay;
  return limit !== null && (await spentToday(context)) >= limit;
};
