import { and, eq } from 'drizzle-orm';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { BatchFault } from '#verification/judges/model/batches.ts';
import { collect } from './collect.ts';
import { type BatchContext, callsTo, type ProviderBatches, wake } from './items.ts';
import { recoverLost, submitNext, withdrawEnded } from './submit.ts';

/**
 * Stores the batches that have ended, then wakes their replays. A replay with calls in several of these batches
 * continues once, with all of them.
 */
const collectEnded = async (context: BatchContext, batches: ProviderBatches) => {
  const { db, log } = context;
  const open = await db
    .selectDistinct({ batchId: judgeBatchItems.batchId })
    .from(judgeBatchItems)
    .where(and(eq(judgeBatchItems.state, 'submitted'), callsTo(batches.provider)));
  const ended: string[] = [];
  try {
    for (const { batchId } of open) {
      if (batchId === null) continue;
      try {
        ended.push(...(await collect(context, batches, batchId)));
      } catch (error) {
        if (!(error instanceof BatchFault)) throw error;
        log.warn(
          { batchId, error: error.message },
          'A batch of judge calls could not be fetched and will be tried again',
        );
      }
    }
  } finally {
    // Even if another batch's fault ends this pass: later passes do not wake for what is stored already.
    await wake(context, ended);
  }
};

const advanceOf = async (context: BatchContext, batches: ProviderBatches) => {
  const { log } = context;
  const { provider } = batches;
  try {
    await recoverLost(context, batches).catch((error: unknown) => {
      // Other batches need not wait for the lost ones.
      if (!(error instanceof BatchFault)) throw error;
      log.warn(
        { provider, error: error.message },
        'Lost batches could not be looked for and will be tried again',
      );
    });
    while (await submitNext(context, batches)) {
      // Until the queue is empty, or its calls may still be joined by others.
    }
    await collectEnded(context, batches);
  } catch (error) {
    if (!(error instanceof BatchFault)) throw error;
    log.warn(
      { provider, error: error.message },
      'The judge’s batches could not be reached and will be tried again',
    );
  }
};

/**
 * Takes one step with the judges' batches: submits what is queued, stores what has ended, and wakes the replays that
 * waited for it. One worker at a time calls this, again and again. If it dies, the next one finishes its work.
 */
export const advanceBatches = async (context: BatchContext): Promise<void> => {
  const { batches } = context.engine;
  if (batches.size === 0) return;
  await withdrawEnded(context);
  for (const [provider, client] of batches) await advanceOf(context, { provider, client });
};
