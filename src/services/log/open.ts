import type { WorkerContext } from '../ground/context.ts';
import { appendEntries } from './append.ts';
import { freshKeys } from './keys.ts';
import { publishCheckpoint } from './publish.ts';
import { LogStopped } from './stopped.ts';
import { headOf } from './tree.ts';

/**
 * Begins the log where there is none, and adds keys that are new. Then signs what a crash left unsigned. A worker calls
 * it at its start, and works on where the log has stopped: runs that need it say so.
 */
export const openLog = async (
  context: Pick<WorkerContext, 'db' | 'sequencer' | 'issuer' | 'keptCheckpoint' | 'now' | 'log'>,
): Promise<void> => {
  const { db, log } = context;
  try {
    await db.transaction(async (transaction) => {
      const isComplete =
        (await headOf(transaction)) !== null && (await freshKeys(transaction, context)).length === 0;
      if (!isComplete) await appendEntries(transaction, context, []);
    });
    await publishCheckpoint(context);
  } catch (error) {
    if (!(error instanceof LogStopped)) throw error;
    log.error({}, error.message);
  }
};
