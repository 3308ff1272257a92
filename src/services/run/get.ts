import { and, asc, eq } from 'drizzle-orm';
import type { Run } from '#contracts/run.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { ownRun } from '../state/own-run.ts';
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
 * The actor's run as it stands.
 * @throws AppError NOT_FOUND
 */
export const getRun = async (context: ServiceContext, actor: Actor, runId: string): Promise<Run> => {
  const row = await ownRun(context, actor, runId);
  const run = presentRun(row, await surroundingsOf(context, [runId]));
  return row.status === 'COMPLETED'
    ? { ...run, oracleFailures: await oracleFailuresOf(context, runId) }
    : run;
};
