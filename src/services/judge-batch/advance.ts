import { eq } from 'drizzle-orm';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { BatchFault } from '#verification/judges/anthropic/batches.ts';
import { collect } from './collect.ts';
import type { BatchContext } from './items.ts';
import { recoverLost, submitNext, withdrawEnded } from './submit.ts';

/**
 * One step with the judge's batches: submits what was queued, stores what has ended, and lets the replays go on that
 * waited for it. To be called again and again by one worker at a time; whatever it was doing when it died is done by the
 * next.
 */
export const advanceBatches = async (context: BatchContext): Promise<void> => {
  const { db, engine, log } = context;
  const { batches } = engine;
  if (batches === null) return;
  try {
    await withdrawEnded(context);
    await recoverLost(context, batches);
    while (await submitNext(context, batches)) {
      // Until nothing is queued, or what is may still be joined by others.
    }
    const open = await db
      .selectDistinct({ batchId: judgeBatchItems.batchId })
      .from(judgeBatchItems)
      .where(eq(judgeBatchItems.state, 'submitted'));
    for (const { batchId } of open) if (batchId !== null) await collect(context, batches, batchId);
  } catch (error) {
    if (!(error instanceof BatchFault)) throw error;
    log.warn({ error: error.message }, 'The judge’s batches cannot be had; they are tried again');
  }
};
