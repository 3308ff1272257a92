import { cancelledByOwner, type Run } from '#contracts/run.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { failRun } from '../state/transitions.ts';
import { getRun } from './get.ts';

/**
 * Ends a run early: FAILED, with its secrets erased. Workers notice within a second or two and make no further calls. A
 * run that has ended already stays as it is.
 * @throws AppError NOT_FOUND
 */
export const cancelRun = async (context: ServiceContext, actor: Actor, runId: string): Promise<Run> => {
  await getRun(context, actor, runId);
  await failRun(context.db, runId, cancelledByOwner, context.now());
  return getRun(context, actor, runId);
};
