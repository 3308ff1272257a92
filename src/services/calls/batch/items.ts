import { and, eq, inArray, notInArray, type SQL, sql } from 'drizzle-orm';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import { judgeBatchItems, waitingStates } from '#db/schema/judge-batches.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { BatchClient } from '#verification/judges/model/batches.ts';
import type { WorkerContext } from '../../ground/context.ts';
import { judgeOfRun, scoreJob } from '../../state/jobs.ts';
import { cutOffBookings, releaseBookings } from '../spend.ts';

export type BatchContext = Pick<WorkerContext, 'db' | 'sender' | 'engine' | 'log' | 'now'>;

/** Where calls to one provider's judge are batched. */
export type ProviderBatches = { provider: JudgeProvider; client: BatchClient };

/** The calls to one provider. A run has one provider, whatever models it asks. */
export const callsTo = (provider: JudgeProvider): SQL =>
  sql`exists (select from ${verificationRuns} where ${verificationRuns.id} = ${judgeBatchItems.runId} and ${verificationRuns.config} #>> '{judge,provider}' = ${provider})`;

/**
 * Leaves calls to be made singly.
 * @param charged whether a batch may have charged them anyway: then they count at their likely cost.
 */
export const leaveSingle = (
  { db }: Pick<BatchContext, 'db'>,
  which: SQL | undefined,
  { charged }: { charged: boolean },
): Promise<string[]> =>
  db.transaction(async (transaction) => {
    const left = await transaction
      .update(judgeBatchItems)
      .set({ state: 'single', request: null })
      .where(which)
      .returning({ id: judgeBatchItems.id, spendId: judgeBatchItems.spendId });
    await (charged ? cutOffBookings : releaseBookings)(
      transaction,
      left.map(({ spendId }) => spendId),
    );
    return left.map(({ id }) => id);
  });

/**
 * Puts the replays of these calls on the queue again, each once. A replay with other calls waiting is left to their
 * batch: two jobs side by side would both make, and pay for, its remaining calls.
 */
export const wake = async ({ db, sender }: BatchContext, itemIds: string[]) => {
  const replays = await db
    .selectDistinct({
      runId: verificationReplays.runId,
      id: verificationReplays.id,
      turn: verificationReplays.turn,
      judge: judgeOfRun,
      stranger: verificationRuns.stranger,
    })
    .from(judgeBatchItems)
    .innerJoin(verificationReplays, eq(verificationReplays.id, judgeBatchItems.replayId))
    .innerJoin(verificationRuns, eq(verificationRuns.id, verificationReplays.runId))
    .where(
      and(
        inArray(judgeBatchItems.id, itemIds),
        eq(verificationReplays.state, 'open'),
        notInArray(
          verificationReplays.id,
          db
            .select({ replayId: judgeBatchItems.replayId })
            .from(judgeBatchItems)
            .where(inArray(judgeBatchItems.state, waitingStates)),
        ),
      ),
    );
  await sender.enqueue(
    db,
    replays.map(({ runId, judge, stranger, ...replay }) => scoreJob({ id: runId, judge, stranger }, replay)),
  );
};
