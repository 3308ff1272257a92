import { eq } from 'drizzle-orm';
import { isTerminal } from '#contracts/run.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { ServiceContext } from '../context.ts';

/** The run has ended while it was worked on, for example because its owner cancelled it. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';

  constructor() {
    super('The run has ended.');
  }
}

/**
 * A signal that is aborted with `RunEnded` as soon as the run has ended, so that whoever works on it calls out no more.
 * `stop` ends the watching.
 */
export const watchRun = (
  { db, runChanges }: Pick<ServiceContext, 'db' | 'runChanges'>,
  runId: string,
): { signal: AbortSignal; stop: () => void } => {
  const controller = new AbortController();
  let looking = false;
  let changed = false;
  const hasEnded = async (): Promise<boolean> => {
    const [run] = await db
      .select({ status: verificationRuns.status })
      .from(verificationRuns)
      .where(eq(verificationRuns.id, runId));
    return run !== undefined && isTerminal(run.status);
  };
  const look = async () => {
    changed = true;
    if (looking) return;
    looking = true;
    // A change that comes while one is looked at is looked at after it.
    while (changed && !controller.signal.aborted) {
      changed = false;
      // The database being away is told by the work's own statements, and a next look comes in any case.
      if (await hasEnded().catch(() => false)) controller.abort(new RunEnded());
    }
    looking = false;
  };
  const stop = runChanges.follow(runId, () => void look());
  return { signal: controller.signal, stop };
};
