import { and, eq } from 'drizzle-orm';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import type { BatchDesk } from '#verification/judges/anthropic/model-client.ts';
import { modelReplySchema } from '#verification/judges/anthropic/model-client.ts';
import type { ServiceContext } from '../context.ts';
import { bookCall } from '../replay/spend.ts';

/** A call of this replay waits for its batch; the replay is taken up again when that has ended. */
export class AwaitsBatch extends Error {
  override readonly name = 'AwaitsBatch';
}

/**
 * Where the judge's calls of one replay wait for a batch, in Postgres. A call that is new is queued; one that was
 * answered has its reply; any other throws `AwaitsBatch`.
 * @param purpose tells the calls of a second judge from the same ones of the first.
 */
export const batchDesk = (
  context: Pick<ServiceContext, 'db' | 'now' | 'policy'>,
  {
    runId,
    replayId,
    purpose,
    limitUsd,
  }: { runId: string; replayId: string; purpose: string; limitUsd: number | null },
): BatchDesk => ({
  exchange: async (name, request, mostUsd) => {
    const { db, now } = context;
    const call = `${purpose}/${name}`;
    const [item] = await db
      .select({ state: judgeBatchItems.state, reply: judgeBatchItems.reply })
      .from(judgeBatchItems)
      .where(and(eq(judgeBatchItems.replayId, replayId), eq(judgeBatchItems.call, call)));
    if (item === undefined) {
      const { id: spendId } = await bookCall(context, { runId, limitUsd }, mostUsd);
      await db
        .insert(judgeBatchItems)
        .values({ runId, replayId, call, request, spendId, createdAt: now() })
        .onConflictDoNothing();
    }
    if (item?.state === 'done') return modelReplySchema.parse(item.reply);
    if (item?.state === 'single') return 'ask_singly';
    throw new AwaitsBatch('The judge’s batch has not ended.');
  },
});
