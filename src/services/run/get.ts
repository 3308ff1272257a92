import { and, asc, eq } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { Run } from '#contracts/run.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { isId } from '../ground/page.ts';
import { presentRun, surroundingsOf } from './present.ts';

/** More of them say nothing new. */
const mostFailures = 50;

const oracleFailuresOf = async (
  { db }: Pick<ServiceContext, 'db'>,
  runId: string,
): Promise<NonNullable<Run['oracleFailures']>> => {
  const failures = await db
    .select({ groundTruthId: verificationReplays.groundTruthId, reason: verificationReplays.reason })
    .from(verificationReplays)
    .where(and(eq(verificationReplays.runId, runId), eq(verificationReplays.outcome, 'oracle_failure')))
    .orderBy(asc(verificationReplays.position))
    .limit(mostFailures);
  return failures.map(({ groundTruthId, reason }) => ({ groundTruthId, reason: reason ?? '' }));
};

/**
 * The actor's run. Another user's run, an unknown id and a malformed one all give the same answer.
 * @throws AppError NOT_FOUND
 */
export const getRun = async (context: ServiceContext, actor: Actor, runId: string): Promise<Run> => {
  const [row] = isId(runId)
    ? await context.db
        .select()
        .from(verificationRuns)
        .where(and(eq(verificationRuns.id, runId), eq(verificationRuns.userId, actor.userId)))
    : [];
  if (!row) throw new AppError('NOT_FOUND', 'There is no such run of yours.');
  const run = presentRun(row, await surroundingsOf(context, [runId]));
  return row.status === 'COMPLETED'
    ? { ...run, oracleFailures: await oracleFailuresOf(context, runId) }
    : run;
};
