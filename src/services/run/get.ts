import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '#contracts/errors.ts';
import type { Run } from '#contracts/run.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { presentRun, surroundingsOf } from './present.ts';

/**
 * The actor's run. Another user's run, an unknown id and a malformed one all give the same answer.
 * @throws AppError NOT_FOUND
 */
export const getRun = async (context: ServiceContext, actor: Actor, runId: string): Promise<Run> => {
  const [row] = z.uuid().safeParse(runId).success
    ? await context.db
        .select()
        .from(verificationRuns)
        .where(and(eq(verificationRuns.id, runId), eq(verificationRuns.userId, actor.userId)))
    : [];
  if (!row) throw new AppError('NOT_FOUND', 'There is no such run of yours.');
  return presentRun(row, await surroundingsOf(context, [runId]));
};
