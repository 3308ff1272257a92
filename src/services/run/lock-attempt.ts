import { and, eq } from 'drizzle-orm';
import type { Executor } from '#db/client.ts';
import { verificationRuns } from '#db/schema/runs.ts';

type RunRow = typeof verificationRuns.$inferSelect;

export type LockedAttempt = {
  run: RunRow;
  /** The run that resumed it, if any. */
  resumedBy: string | null;
  /** The last run of the attempt, which holds its replays; often the run itself. */
  holder: RunRow;
};

/**
 * A run and those that resumed it, locked until the caller's transaction ends: meanwhile nobody can resume the last of
 * them, and nothing of the attempt is pruned.
 */
export const lockAttempt = async (executor: Executor, runId: string): Promise<LockedAttempt> => {
  const locked = async (id: string) => {
    const [run] = await executor
      .select()
      .from(verificationRuns)
      .where(eq(verificationRuns.id, id))
      .for('update');
    if (!run) throw new Error('A run of an attempt is missing.');
    return run;
  };
  const resumptionOf = async (id: string) => {
    const [resumption] = await executor
      .select({ id: verificationRuns.id })
      .from(verificationRuns)
      .where(and(eq(verificationRuns.continuesRunId, id), eq(verificationRuns.continuation, 'resume')));
    return resumption?.id ?? null;
  };
  const run = await locked(runId);
  const resumedBy = await resumptionOf(runId);
  let holder = run;
  for (let next = resumedBy; next !== null; next = await resumptionOf(next)) holder = await locked(next);
  return { run, resumedBy, holder };
};
