import type { WorkerContext } from '../ground/context.ts';
import { appendEntries } from './append.ts';
import { freshKeys } from './keys.ts';
import { publishCheckpoint } from './publish.ts';
import { LogStopped } from './stopped.ts';
import { headOf } from './tree.ts';

type OpenContext = Pick<WorkerContext, 'db' | 'sequencer' | 'issuer' | 'keptCheckpoint' | 'now' | 'log'>;

/** A worker works on where the log has stopped: what needs it says so. */
const sayingIfStopped = async ({ log }: OpenContext, work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof LogStopped)) throw error;
    log.error({}, error.message);
  }
};

/** Signs what other processes have appended. */
export const signLog = (context: OpenContext): Promise<void> =>
  sayingIfStopped(context, () => publishCheckpoint(context));

/**
 * Begins the log where there is none, and adds keys that are new. Then signs what a crash left unsigned. A worker calls
 * it at its start.
 */
export const openLog = (context: OpenContext): Promise<void> =>
  sayingIfStopped(context, async () => {
    await context.db.transaction(async (transaction) => {
      const isComplete =
        (await headOf(transaction)) !== null && (await freshKeys(transaction, context)).length === 0;
      if (!isComplete) await appendEntries(transaction, context, []);
    });
    await publishCheckpoint(context);
  });
