import { and, asc, eq, inArray, lt, notInArray } from 'drizzle-orm';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { type BatchClient, BatchFault } from '#verification/judges/model/batches.ts';
import { modelRequestSchema } from '#verification/judges/model/request.ts';
import { replayingStatuses } from '../../state/checkpoint.ts';
import { releaseBookings } from '../spend.ts';
import { type BatchContext, callsTo, leaveSingle, type ProviderBatches, wake } from './items.ts';

/**
 * A batch is sent once its first call has waited this long: the calls of a run's replays come within seconds of each
 * other, and a batch takes minutes at least.
 */
const gatherMs = 10_000;
/** Far below the API's limits (100,000 requests, 256 MB), so that one batch fits into this process's memory. */
const mostItems = 500;
const mostCharacters = 32_000_000;
/** A submission takes seconds; an older one was left by a worker that died in it. */
const lostAfterMs = 5 * 60_000;

/** Calls that one worker took at one time; they are its own as long as they keep that time. */
type Submission = { ids: string[]; submittedAt: Date };

/** The calls of a submission that no other worker has taken back meanwhile. */
const stillIn = ({ ids, submittedAt }: Submission) =>
  and(
    inArray(judgeBatchItems.id, ids),
    eq(judgeBatchItems.state, 'submitting'),
    eq(judgeBatchItems.submittedAt, submittedAt),
  );

/** @returns how many calls were still in the submission and now have these values. */
const leaveSubmission = async (
  { db }: Pick<BatchContext, 'db'>,
  submission: Submission,
  values: Partial<typeof judgeBatchItems.$inferInsert>,
): Promise<number> => {
  const left = await db
    .update(judgeBatchItems)
    .set(values)
    .where(stillIn(submission))
    .returning({ id: judgeBatchItems.id });
  return left.length;
};

/** Withdraws the queued calls of runs that have ended meanwhile: nobody waits for them. */
export const withdrawEnded = ({ db }: Pick<BatchContext, 'db'>) =>
  db.transaction(async (transaction) => {
    const withdrawn = await transaction
      .delete(judgeBatchItems)
      .where(
        and(
          eq(judgeBatchItems.state, 'queued'),
          inArray(
            judgeBatchItems.replayId,
            transaction
              .select({ id: verificationReplays.id })
              .from(verificationReplays)
              .innerJoin(verificationRuns, eq(verificationRuns.id, verificationReplays.runId))
              .where(notInArray(verificationRuns.status, [...replayingStatuses])),
          ),
        ),
      )
      .returning({ spendId: judgeBatchItems.spendId });
    await releaseBookings(
      transaction,
      withdrawn.map(({ spendId }) => spendId),
    );
  });

/** Takes the calls of the next batch. They are this worker's until the API has answered. */
const takeQueued = async ({ db }: BatchContext, { provider }: ProviderBatches, at: Date) => {
  const queued = await db
    .select({
      id: judgeBatchItems.id,
      request: judgeBatchItems.request,
      createdAt: judgeBatchItems.createdAt,
    })
    .from(judgeBatchItems)
    .where(and(eq(judgeBatchItems.state, 'queued'), callsTo(provider)))
    .orderBy(asc(judgeBatchItems.createdAt), asc(judgeBatchItems.id))
    .limit(mostItems);
  const [first] = queued;
  const full = queued.length === mostItems;
  if (!first || (!full && at.getTime() - first.createdAt.getTime() < gatherMs)) return [];
  let characters = 0;
  const taken = queued.filter(({ request }) => {
    characters += JSON.stringify(request).length;
    return characters <= mostCharacters;
  });
  const ids = (taken.length === 0 ? [first] : taken).map(({ id }) => id);
  return db
    .update(judgeBatchItems)
    .set({ state: 'submitting', submittedAt: at })
    .where(and(inArray(judgeBatchItems.id, ids), eq(judgeBatchItems.state, 'queued')))
    .returning({ id: judgeBatchItems.id, request: judgeBatchItems.request });
};

/**
 * Stores a batch's id. If all of its calls were taken back meanwhile, another worker sends them again, and this batch
 * is cancelled unless that worker has found it and waits for it.
 */
const keepBatch = async (
  context: BatchContext,
  batches: BatchClient,
  submission: Submission,
  batchId: string,
) => {
  const { db, log } = context;
  const calls = submission.ids.length;
  if ((await leaveSubmission(context, submission, { state: 'submitted', batchId })) > 0) {
    log.info({ batchId, calls }, 'A batch of judge calls was submitted');
    return;
  }
  if ((await db.$count(judgeBatchItems, eq(judgeBatchItems.batchId, batchId))) > 0) return;
  try {
    await batches.cancel(batchId);
    log.warn({ batchId, calls }, 'A batch came too late for its calls and was cancelled');
  } catch (error) {
    if (!(error instanceof BatchFault)) throw error;
    log.warn(
      { batchId, calls, error: error.message },
      'A batch came too late for its calls and could not be cancelled; nobody reads it',
    );
  }
};

/** @returns whether there may be more to submit. */
export const submitNext = async (context: BatchContext, batches: ProviderBatches): Promise<boolean> => {
  const submittedAt = context.now();
  const items = await takeQueued(context, batches, submittedAt);
  if (items.length === 0) return false;
  const submission = { ids: items.map(({ id }) => id), submittedAt };
  try {
    const batchId = await batches.client.submit(
      items.map(({ id, request }) => ({ id, request: modelRequestSchema.parse(request) })),
    );
    await keepBatch(context, batches.client, submission, batchId);
    return true;
  } catch (error) {
    if (!(error instanceof BatchFault)) throw error;
    context.log.warn({ calls: items.length, error: error.message }, 'A batch of judge calls was refused');
    // The batch may exist anyway, so it is looked for like one whose worker died.
    if (error.mayHaveArrived) return false;
    if (error.passing) await leaveSubmission(context, submission, { state: 'queued' });
    // A lasting fault is reported by each call on its own, which leaves its measure unscored with the reason.
    else await wake(context, await leaveSingle(context, stillIn(submission), { charged: false }));
    return false;
  }
};

/**
 * Recovers calls whose worker died between sending their batch and storing the API's answer: the batch may exist and
 * be paid for. Of the account's newest batches, one that nobody knows and that holds as many calls is taken for
 * theirs. Once it has ended, the ids in its results say which are theirs.
 */
export const recoverLost = async (context: BatchContext, { provider, client }: ProviderBatches) => {
  const { db, now } = context;
  const lost = await db
    .select({ id: judgeBatchItems.id, submittedAt: judgeBatchItems.submittedAt })
    .from(judgeBatchItems)
    .where(
      and(
        eq(judgeBatchItems.state, 'submitting'),
        callsTo(provider),
        lt(judgeBatchItems.submittedAt, new Date(now().getTime() - lostAfterMs)),
      ),
    );
  const bySubmission = Map.groupBy(lost, ({ submittedAt }) => submittedAt?.getTime() ?? 0);
  for (const [time, items] of bySubmission) {
    const submission = { ids: items.map(({ id }) => id), submittedAt: new Date(time) };
    const calls = items.length;
    // A minute's leeway for clocks that differ.
    const made = await client.madeSince(new Date(time - 60_000));
    const known = await db
      .selectDistinct({ batchId: judgeBatchItems.batchId })
      .from(judgeBatchItems)
      .where(
        inArray(
          judgeBatchItems.batchId,
          made.map(({ batchId }) => batchId),
        ),
      );
    const theirs = made.find(
      ({ batchId, requests }) => requests === calls && !known.some((batch) => batch.batchId === batchId),
    );
    context.log.warn(
      { calls, batchId: theirs?.batchId ?? null },
      'The answer to a submitted batch was lost with its worker',
    );
    await leaveSubmission(
      context,
      submission,
      theirs === undefined
        ? { state: 'queued', submittedAt: null }
        : { state: 'submitted', batchId: theirs.batchId },
    );
  }
};
