import { and, eq } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { isId } from '../ground/page.ts';

/**
 * The actor's run. Another user's run, an unknown id and a malformed one all give the same answer.
 * @throws AppError NOT_FOUND
 */
export const ownRun = async (
  { db }: Pick<ServiceContext, 'db'>,
  { userId }: Actor,
  runId: string,
): Promise<typeof verificationRuns.$inferSelect> => {
  const [run] = isId(runId)
    ? await db
        .select()
        .from(verificationRuns)
        .where(and(eq(verificationRuns.id, runId), eq(verificationRuns.userId, userId)))
    : [];
  if (!run) throw new AppError('NOT_FOUND', 'There is no such run of yours.');
  return run;
};
