import { and, eq, max, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Run } from '#contracts/run.ts';
import type { Database, Executor } from '#db/client.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { resumed } from './spending.ts';

/** What a run's judge has used, as its owner sees it. */
export type RunSpend = Pick<Run, 'costUsd' | 'usage'>;

export const nothingSpent: RunSpend = {
  costUsd: 0,
  usage: { calls: 0, inputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0, outputTokens: 0 },
};

const sum = (column: PgColumn): SQL<number> => sql`sum(${column})::float8`;

/** Over settled calls only: what the others take is not known yet. */
const sums = {
  costUsd: sum(judgeSpend.costUsd),
  calls: sum(judgeSpend.calls),
  inputTokens: sum(judgeSpend.inputTokens),
  cacheWriteTokens: sum(judgeSpend.cacheWriteTokens),
  cacheReadTokens: sum(judgeSpend.cacheReadTokens),
  outputTokens: sum(judgeSpend.outputTokens),
};

/**
 * What the judge's calls of these runs have used so far, including those of the runs that each one resumes. Calls
 * under way are left out, and a run without settled calls is not in the map.
 */
export const spendOfRuns = async (
  { db }: { db: Database },
  runIds: string[],
): Promise<ReadonlyMap<string, RunSpend>> => {
  if (runIds.length === 0) return new Map();
  const ids = sql.join(
    runIds.map((id) => sql`${id}::uuid`),
    sql`, `,
  );
  const attempts = sql`(
    with recursive attempt(run, id, resumes) as (
      select id, id, ${resumed} from verification_runs where id in (${ids})
      union all
      select attempt.run, earlier.id, ${resumed}
      from verification_runs earlier join attempt on earlier.id = attempt.resumes
    ) select run, id from attempt) attempts`;
  const rows = await db
    .select({ run: sql<string>`attempts.run`, ...sums })
    .from(judgeSpend)
    .innerJoin(attempts, and(eq(judgeSpend.runId, sql`attempts.id`), judgeSpend.settled))
    .groupBy(sql`attempts.run`);
  return new Map(rows.map(({ run, costUsd, ...usage }) => [run, { costUsd, usage }]));
};

/**
 * Replaces a run's calls by one row with their sum. Calls that were never settled are dropped: they no longer limit
 * anybody.
 */
export const foldSpend = async (executor: Executor, runId: string): Promise<void> => {
  const ofRun = eq(judgeSpend.runId, runId);
  const [total] = await executor
    .select({ ...sums, createdAt: max(judgeSpend.createdAt) })
    .from(judgeSpend)
    .where(and(ofRun, judgeSpend.settled))
    .groupBy(judgeSpend.runId);
  await executor.delete(judgeSpend).where(ofRun);
  if (total)
    await executor
      .insert(judgeSpend)
      .values({ runId, ...total, settled: true, createdAt: total.createdAt ?? undefined });
};
