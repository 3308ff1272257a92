import { and, count, inArray, sql } from 'drizzle-orm';
import { judgeBatchItems, waitingStates } from '#db/schema/judge-batches.ts';
import type { ServiceContext } from '../ground/context.ts';

/** A run's calls to the judge that wait for batches. `sentAt` is when the oldest batch under way was sent. */
export type BatchWait = { queued: number; sent: number; batches: number; sentAt: Date | null };

const isSent = sql`${judgeBatchItems.state} <> 'queued'`;

/** What waits for a batch, by run. A run that waits for none is not in the map. */
export const batchWaitsOf = async (
  { db }: Pick<ServiceContext, 'db'>,
  runIds: string[],
): Promise<ReadonlyMap<string, BatchWait>> => {
  const rows = await db
    .select({
      runId: judgeBatchItems.runId,
      queued: count(sql`case when not ${isSent} then 1 end`),
      sent: count(sql`case when ${isSent} then 1 end`),
      // Calls whose batch is being sent have no batch id yet, but share one time.
      batches: sql<number>`count(distinct coalesce(${judgeBatchItems.batchId}, ${judgeBatchItems.submittedAt}::text)) filter (where ${isSent})::int`,
      sentAt: sql`min(${judgeBatchItems.submittedAt}) filter (where ${isSent})`.mapWith(
        judgeBatchItems.submittedAt,
      ),
    })
    .from(judgeBatchItems)
    .where(and(inArray(judgeBatchItems.runId, runIds), inArray(judgeBatchItems.state, waitingStates)))
    .groupBy(judgeBatchItems.runId);
  return new Map(rows.map(({ runId, ...wait }) => [runId, wait]));
};

const minuteOf = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const callsText = (calls: number) => `${calls} ${calls === 1 ? 'call' : 'calls'}`;

/** What the run waits for, as a sentence for its owner. The times are those that the API promises for batches. */
export const batchWaitText = ({ queued, sent, batches, sentAt }: BatchWait): string => {
  if (sentAt === null) return `Gathering the judge’s calls for a batch: ${callsText(queued)} so far.`;
  const waitedFor =
    batches === 1
      ? `a batch of ${callsText(sent)} that was sent at ${minuteOf(sentAt)}`
      : `${batches} batches of ${callsText(sent)} in all, the first of which was sent at ${minuteOf(sentAt)}`;
  return `Waiting for ${waitedFor}; most end within an hour, all within 24 hours.`;
};
