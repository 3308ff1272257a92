import { randomUUID } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { NotSent } from '#verification/judges/judge.ts';
import { AwaitsBatch, type BatchDesk, type BatchedCall } from '#verification/judges/model/batches.ts';
import { type ModelReply, modelReplySchema } from '#verification/judges/model/reply.ts';
import type { ServiceContext } from '../../ground/context.ts';
import { isOpenIn, ReplayLost } from '../../state/checkpoint.ts';
import { bookCall, holdBooking, releaseBookings, settleBooking } from '../spend.ts';

/**
 * Where the judge's calls of one replay wait for a batch, in Postgres. A new call is queued. An answered one returns
 * its reply. One that no batch answered is made singly, once. Any other throws `AwaitsBatch`. What is made here is
 * booked here: `BudgetReached` and `BudgetBusy` as in `bookCall`. A late worker, whose replay has ended or belongs to
 * a resuming run, queues nothing and gets `ReplayLost`.
 * @param purpose tells the calls of other judges from those of the run's own.
 */
export const batchDesk = (
  context: Pick<ServiceContext, 'db' | 'now' | 'policy'>,
  {
    runId,
    replayId,
    purpose,
    limitUsd,
  }: { runId: string; replayId: string; purpose: string; limitUsd: number | null },
): BatchDesk => {
  const { db, now } = context;
  const limits = { runId, limitUsd };

  /**
   * Queues a call with its booking, or not at all. A call that another worker has queued meanwhile is left as it is.
   * The replay is locked in this run until then, so that a resuming run takes all of its calls along.
   */
  const queue = (call: string, { request, cost }: BatchedCall): Promise<void> =>
    db.transaction(async (transaction) => {
      const [held] = await transaction
        .select({ id: verificationReplays.id })
        .from(verificationReplays)
        .where(isOpenIn({ runId, replayId }))
        .for('share');
      if (held === undefined) throw new ReplayLost('The replay has ended or belongs to another run.');
      const spendId = randomUUID();
      const [item] = await transaction
        .insert(judgeBatchItems)
        .values({ runId, replayId, call, request, spendId, createdAt: now() })
        .onConflictDoNothing()
        .returning({ id: judgeBatchItems.id });
      if (item === undefined) return;
      await bookCall({ ...context, db: transaction }, limits, cost, { by: 'batch', id: spendId });
    });

  const sendSingly = async (itemId: string, { single }: BatchedCall): Promise<ModelReply> => {
    const spendId = await bookCall(context, limits, single.cost);
    const end = holdBooking(context, spendId);
    const { reply, usage } = await single
      .send()
      .catch(async (error: unknown) => {
        // A call that was cut off is ended with its lease.
        if (!(error instanceof NotSent)) throw error;
        const release = () => releaseBookings(db, [spendId]);
        await release().catch(release);
        throw error.cause;
      })
      .finally(end);
    const keep = () =>
      db.transaction(async (transaction) => {
        await settleBooking(transaction, spendId, usage, reply.uncertain);
        if (reply.kind !== 'unavailable')
          await transaction
            .update(judgeBatchItems)
            .set({ state: 'done', reply })
            .where(eq(judgeBatchItems.id, itemId));
      });
    // Try twice: the first statement after a lost connection fails, and the answer is already paid for.
    await keep().catch(keep);
    return reply;
  };

  return {
    exchange: async (name, batched) => {
      const call = `${purpose}/${name}`;
      const [item] = await db
        .select({ id: judgeBatchItems.id, state: judgeBatchItems.state, reply: judgeBatchItems.reply })
        .from(judgeBatchItems)
        .where(and(eq(judgeBatchItems.replayId, replayId), eq(judgeBatchItems.call, call)));
      if (item === undefined) await queue(call, batched);
      if (item?.state === 'done') return modelReplySchema.parse(item.reply);
      if (item?.state === 'single') return sendSingly(item.id, batched);
      throw new AwaitsBatch('The judge’s batch has not ended.');
    },
  };
};
