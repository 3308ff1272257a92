import { AsyncLocalStorage } from 'node:async_hooks';
import type { RunStatus } from '#contracts/run.ts';
import type { Log } from '../ground/context.ts';

export type StatusChange = { runId: string; status: RunStatus; createdAt: Date; at: Date };

/**
 * Runs take their steps deep inside the transactions of many verbs; a log that was handed down to all of them would be
 * in the way everywhere, so whoever begins the work listens.
 */
const listeners = new AsyncLocalStorage<(change: StatusChange) => void>();

/** Does `work`; each step of a run that is taken within it becomes one line of the log. */
export const loggingStatus = <T>({ log }: { log: Log }, work: () => Promise<T>): Promise<T> =>
  listeners.run(
    ({ runId, status, createdAt, at }) =>
      log.info(
        { runId, status, sinceCreatedMs: at.getTime() - createdAt.getTime() },
        `A run is ${status} now`,
      ),
    work,
  );

/** Tells that a run took a step, to be called by whoever made it. */
export const tellStatus = (change: StatusChange): void => listeners.getStore()?.(change);
