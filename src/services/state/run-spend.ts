import { and, eq, max, ne, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Run } from '#contracts/run.ts';
import type { Database, Executor } from '#db/client.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { resumed } from './spending.ts';

/** What a run's judge has used, as its owner sees it. */
export type RunSpend = Pick<Run, 'costUsd' | 'mostCostUsd' | 'costKnown' | 'usage'>;

export const nothingSpent: RunSpend = {
  costUsd: 0,
  mostCostUsd: 0,
  costKnown: true,
  usage: {
    calls: 0,
    estimatedCalls: 0,
    inputTokens: 0,
    cacheWriteTokens: 0,
    cacheReadTokens: 0,
    outputTokens: 0,
  },
};

const sum = (column: PgColumn): SQL<number> => sql`coalesce(sum(${column}), 0)::float8`;

/** Over calls that have ended: what the others take is not known yet. Tokens are known of answered calls only. */
const hasEnded = ne(judgeSpend.state, 'open');
const sums = {
  costUsd: sum(judgeSpend.costUsd),
  mostCostUsd: sum(judgeSpend.mostUsd),
  costKnown: sql<boolean>`coalesce(bool_and(${judgeSpend.isKnown}), true)`,
  calls: sum(judgeSpend.calls),
  estimatedCalls: sum(judgeSpend.estimatedCalls),
  inputTokens: sum(judgeSpend.inputTokens),
  cacheWriteTokens: sum(judgeSpend.cacheWriteTokens),
  cacheReadTokens: sum(judgeSpend.cacheReadTokens),
  outputTokens: sum(judgeSpend.outputTokens),
};

/**
 * What the judge's calls of these runs have used so far, including those of the runs that each one resumes. Calls
 * under way are left out, and a run without ended calls is not in the map.
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
    .innerJoin(attempts, and(eq(judgeSpend.runId, sql`attempts.id`), hasEnded))
    .groupBy(sql`attempts.run`);
  return new Map(
    rows.map(({ run, costUsd, mostCostUsd, costKnown, ...usage }) => [
      run,
      { costUsd, mostCostUsd, costKnown, usage },
    ]),
  );
};

/** Replaces an ended run's calls by one row with their sum. */
export const foldSpend = async (executor: Executor, runId: string): Promise<void> => {
  const ofRun = eq(judgeSpend.runId, runId);
  const [total] = await executor
    .select({ ...sums, createdAt: max(judgeSpend.createdAt) })
    .from(judgeSpend)
    .where(and(ofRun, hasEnded))
    .groupBy(judgeSpend.runId);
  await executor.delete(judgeSpend).where(ofRun);
  if (total) {
    const { mostCostUsd: mostUsd, costKnown: isKnown, createdAt, ...taken } = total;
    await executor.insert(judgeSpend).values({
      runId,
      ...taken,
      state: 'settled',
      likelyUsd: taken.costUsd,
      mostUsd,
      isKnown,
      createdAt: createdAt ?? undefined,
    });
  }
};
