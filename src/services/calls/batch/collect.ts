import { and, eq } from 'drizzle-orm';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import type { BatchResult } from '#verification/judges/model/batches.ts';
import { usageOfReply } from '#verification/judges/model/reply.ts';
import { settleBooking } from '../spend.ts';
import { type BatchContext, leaveSingle, type ProviderBatches } from './items.ts';

const store = async (
  context: BatchContext,
  { provider }: ProviderBatches,
  result: BatchResult,
  batchId: string,
) => {
  const which = and(
    eq(judgeBatchItems.id, result.id),
    eq(judgeBatchItems.batchId, batchId),
    eq(judgeBatchItems.state, 'submitted'),
  );
  if (result.kind === 'ask_singly') {
    await leaveSingle(context, which, { charged: false });
    return;
  }
  const { reply } = result;
  const usage = usageOfReply(reply, context.engine.prices(provider));
  await context.db.transaction(async (transaction) => {
    const [item] = await transaction
      .update(judgeBatchItems)
      .set({ state: 'done', reply, request: null })
      .where(which)
      .returning({ spendId: judgeBatchItems.spendId });
    if (item) await settleBooking(transaction, item.spendId, usage);
  });
};

/**
 * Stores the answers of a batch, if it has ended.
 * @returns the ids of its calls, whose replays to wake; empty while the batch is under way.
 * @throws BatchFault
 */
export const collect = async (
  context: BatchContext,
  batches: ProviderBatches,
  batchId: string,
): Promise<string[]> => {
  const { db, log } = context;
  const state = await batches.client.state(batchId);
  if (state === 'in_progress') return [];
  if (state === 'ended')
    for await (const result of batches.client.results(batchId))
      await store(context, batches, result, batchId);
  else log.warn({ batchId }, 'The API no longer knows a batch; its calls are made singly');
  // Calls without an answer from the batch are made singly, like those that expired or failed in it.
  const unanswered = and(eq(judgeBatchItems.batchId, batchId), eq(judgeBatchItems.state, 'submitted'));
  await leaveSingle(context, unanswered, { charged: true });
  const items = await db
    .select({ id: judgeBatchItems.id })
    .from(judgeBatchItems)
    .where(eq(judgeBatchItems.batchId, batchId));
  log.info({ batchId, calls: items.length }, 'A batch of judge calls has ended');
  return items.map(({ id }) => id);
};
