import { AsyncLocalStorage } from 'node:async_hooks';
import type { RunStatus } from '#contracts/run.ts';
import type { Log } from '../ground/context.ts';

export type StatusChange = { runId: string; status: RunStatus; createdAt: Date; at: Date };

/**
 * Runs change status deep inside the transactions of many verbs. Handing a log down to all of them would be in the
 * way everywhere, so the code that begins the work listens instead.
 */
const listeners = new AsyncLocalStorage<(change: StatusChange) => void>();

/** Does `work` and logs each status that a run reaches in it, one line each. */
export const loggingStatus = <T>({ log }: { log: Log }, work: () => Promise<T>): Promise<T> =>
  listeners.run(
    ({ runId, status, createdAt, at }) =>
      log.info(
        { runId, status, sinceCreatedMs: at.getTime() - createdAt.getTime() },
        `A run is now ${status}`,
      ),
    work,
  );

/** Reports that a run reached a status; called by the code that moved it. */
export const tellStatus = (change: StatusChange): void => listeners.getStore()?.(change);
