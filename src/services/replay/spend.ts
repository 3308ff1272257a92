import { gte, sql } from 'drizzle-orm';
import type { JudgeProvider } from '#contracts/judge.ts';
import type { JudgeUsage } from '#contracts/replay.ts';
import type { Executor } from '#db/client.ts';
import { judgeSpend } from '#db/schema/replays.ts';
import type { ServiceContext } from '../context.ts';

/** Whether the installation pays for this judge's calls. */
export const isPaid = (judge: JudgeProvider) => judge === 'anthropic';

/**
 * US dollars per million tokens, for models whose price nobody told us: above every list price known when this was
 * written, so that a daily limit holds (too early rather than too late) for a model that is newer than this table.
 */
const ceilingPerMillion = { input: 20, cacheWrite: 40, cacheRead: 20, output: 100 };

/** What a judge call counts for against the daily limit, in US dollars: its cost, or the ceiling where it is unknown. */
export const countedCost = (usage: JudgeUsage): number =>
  usage.costUsd ??
  (usage.inputTokens * ceilingPerMillion.input +
    usage.cacheWriteTokens * ceilingPerMillion.cacheWrite +
    usage.cacheReadTokens * ceilingPerMillion.cacheRead +
    usage.outputTokens * ceilingPerMillion.output) /
    1e6;

const utcMidnight = (now: Date) =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));

/** What the installation's judge calls cost since 00:00 UTC, in US dollars. */
export const spentToday = async ({ db, now }: Pick<ServiceContext, 'db' | 'now'>): Promise<number> => {
  const [row] = await db
    .select({ total: sql<number>`coalesce(sum(${judgeSpend.costUsd}), 0)::float8` })
    .from(judgeSpend)
    .where(gte(judgeSpend.createdAt, utcMidnight(now())));
  return row?.total ?? 0;
};

/** Whether the day's budget is used up; never on an installation without a limit. */
export const budgetSpent = async (
  context: Pick<ServiceContext, 'db' | 'now' | 'policy'>,
): Promise<boolean> => {
  const limit = context.policy.maxCostUsdPerDay;
  return limit !== null && (await spentToday(context)) >= limit;
};

/** Books a judge call that cost something. */
export const bookSpend = async (
  executor: Executor,
  runId: string,
  usage: JudgeUsage,
  now: Date,
): Promise<void> => {
  const costUsd = countedCost(usage);
  if (costUsd > 0) await executor.insert(judgeSpend).values({ runId, costUsd, createdAt: now });
};
