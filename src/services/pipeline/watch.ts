import { eq } from 'drizzle-orm';
import { isTerminal } from '#contracts/run.ts';
import type { RunChanges } from '#db/run-changes.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { ServiceContext } from '../ground/context.ts';

/** The run ended while it was being worked on, for example because its owner cancelled it. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';

  constructor() {
    super('The run has ended.');
  }
}

/** All of a process's work on one run. One look per change serves all of it. */
type Watched = { controllers: Set<AbortController>; stop: () => void };

/** Held by the process's one source of changes. */
const watchedBy = new WeakMap<RunChanges, Map<string, Watched>>();

const startWatching = (
  { db, runChanges }: Pick<ServiceContext, 'db' | 'runChanges'>,
  runId: string,
): Watched => {
  const controllers = new Set<AbortController>();
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
    // A change that arrives during a look gets a look of its own.
    while (changed && controllers.size > 0) {
      changed = false;
      // If the database is down, the work's own statements fail, and there will be another look.
      if (await hasEnded().catch(() => false))
        for (const controller of controllers) controller.abort(new RunEnded());
    }
    looking = false;
  };
  return { controllers, stop: runChanges.follow(runId, () => void look()) };
};

/**
 * A signal that is aborted with `RunEnded` as soon as the run has ended, so that work on it makes no further calls. `stop`
 * ends the watching.
 */
export const watchRun = (
  context: Pick<ServiceContext, 'db' | 'runChanges'>,
  runId: string,
): { signal: AbortSignal; stop: () => void } => {
  const { runChanges } = context;
  const ofProcess = watchedBy.get(runChanges) ?? new Map<string, Watched>();
  watchedBy.set(runChanges, ofProcess);
  const watched = ofProcess.get(runId) ?? startWatching(context, runId);
  ofProcess.set(runId, watched);
  const controller = new AbortController();
  watched.controllers.add(controller);
  return {
    signal: controller.signal,
    stop: () => {
      watched.controllers.delete(controller);
      if (watched.controllers.size > 0 || ofProcess.get(runId) !== watched) return;
      ofProcess.delete(runId);
      watched.stop();
    },
  };
};
