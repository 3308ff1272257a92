import { and, eq } from 'drizzle-orm';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { BatchFault } from '#verification/judges/model/batches.ts';
import { collect } from './collect.ts';
import { type BatchContext, callsTo, type ProviderBatches, wake } from './items.ts';
import { recoverLost, submitNext, withdrawEnded } from './submit.ts';

/** Stores what has ended, then wakes: a replay whose calls lie in several of these batches goes on once, with all. */
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
          'A batch of judge calls cannot be had; it is tried again',
        );
      }
    }
  } finally {
    // Also where another batch's fault ends this pass: what is stored would be waited for no more.
    await wake(context, ended);
  }
};

const advanceOf = async (context: BatchContext, batches: ProviderBatches) => {
  const { log } = context;
  const { provider } = batches;
  try {
    await recoverLost(context, batches).catch((error: unknown) => {
      // The others need not wait for what was lost.
      if (!(error instanceof BatchFault)) throw error;
      log.warn({ provider, error: error.message }, 'Lost batches cannot be looked for; they are tried again');
    });
    while (await submitNext(context, batches)) {
      // Until nothing is queued, or what is may still be joined by others.
    }
    await collectEnded(context, batches);
  } catch (error) {
    if (!(error instanceof BatchFault)) throw error;
    log.warn({ provider, error: error.message }, 'The judge’s batches cannot be had; they are tried again');
  }
};

/**
 * One step with the judges' batches: submits what was queued, stores what has ended, and lets the replays go on that
 * waited for it. To be called again and again by one worker at a time; whatever it was doing when it died is done by the
 * next.
 */
export const advanceBatches = async (context: BatchContext): Promise<void> => {
  const { batches } = context.engine;
  if (batches.size === 0) return;
  await withdrawEnded(context);
  for (const [provider, client] of batches) await advanceOf(context, { provider, client });
};
