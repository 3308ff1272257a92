import { and, asc, eq, inArray, lt } from 'drizzle-orm';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { type BatchClient, BatchFault, type BatchResult } from '#verification/judges/anthropic/batches.ts';
import type { WorkerContext } from '../context.ts';
import { settleBooking } from '../replay/spend.ts';

/**
 * A batch is sent when its first call has waited this long: the calls of a run's replays come within seconds of each
 * other, and a batch takes minutes at least.
 */
const gatherMs = 10_000;
/** Far below the API's limits (100,000 requests, 256 MB), so that one batch fits into this process's memory. */
const mostItems = 500;
const mostCharacters = 32_000_000;
/** A submission takes seconds; one that is older was made by a worker that died in it. */
const lostAfterMs = 5 * 60_000;

type Context = Pick<WorkerContext, 'db' | 'sender' | 'engine' | 'log' | 'now'>;
type Item = Pick<typeof judgeBatchItems.$inferSelect, 'id' | 'request' | 'submittedAt'>;

const setState = (
  { db }: Pick<Context, 'db'>,
  ids: string[],
  values: Partial<typeof judgeBatchItems.$inferInsert>,
) => db.update(judgeBatchItems).set(values).where(inArray(judgeBatchItems.id, ids));

/** Takes the calls of the next batch; from here on they are this worker's until the API has answered. */
const takeQueued = async ({ db, now }: Context): Promise<Item[]> => {
  const at = now();
  const queued = await db
    .select({
      id: judgeBatchItems.id,
      request: judgeBatchItems.request,
      submittedAt: judgeBatchItems.submittedAt,
      createdAt: judgeBatchItems.createdAt,
    })
    .from(judgeBatchItems)
    .where(eq(judgeBatchItems.state, 'queued'))
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
  const mine = await db
    .update(judgeBatchItems)
    .set({ state: 'submitting', submittedAt: at })
    .where(and(inArray(judgeBatchItems.id, ids), eq(judgeBatchItems.state, 'queued')))
    .returning({
      id: judgeBatchItems.id,
      request: judgeBatchItems.request,
      submittedAt: judgeBatchItems.submittedAt,
    });
  return mine;
};

/** @returns whether there may be more to submit. */
const submitNext = async (context: Context, batches: BatchClient): Promise<boolean> => {
  const items = await takeQueued(context);
  if (items.length === 0) return false;
  const ids = items.map(({ id }) => id);
  try {
    const batchId = await batches.submit(items.map(({ id, request }) => ({ id, request: request ?? {} })));
    await setState(context, ids, { state: 'submitted', batchId });
    context.log.info({ batchId, calls: ids.length }, 'A batch of judge calls was submitted');
    return true;
  } catch (error) {
    if (!(error instanceof BatchFault)) throw error;
    context.log.warn({ calls: ids.length, error: error.message }, 'A batch of judge calls was not taken');
    // What will not pass is told by each call itself, which leaves its measure unscored with the reason.
    await setState(context, ids, { state: error.passing ? 'queued' : 'single' });
    if (!error.passing) await wake(context, ids);
    return false;
  }
};

/**
 * Calls whose worker died between sending its batch and storing the answer: the batch may have been made and paid. One
 * of the account's newest that nobody knows, and that holds as many calls, is taken for theirs; which results are
 * theirs is told by their ids when it has ended.
 */
const recoverLost = async (context: Context, batches: BatchClient) => {
  const { db, now } = context;
  const lost = await db
    .select({ id: judgeBatchItems.id, submittedAt: judgeBatchItems.submittedAt })
    .from(judgeBatchItems)
    .where(
      and(
        eq(judgeBatchItems.state, 'submitting'),
        lt(judgeBatchItems.submittedAt, new Date(now().getTime() - lostAfterMs)),
      ),
    );
  const bySubmission = Map.groupBy(lost, ({ submittedAt }) => submittedAt?.getTime() ?? 0);
  for (const [submittedAt, items] of bySubmission) {
    const ids = items.map(({ id }) => id);
    // A minute's room for clocks that differ.
    const made = await batches.madeSince(new Date(submittedAt - 60_000));
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
      ({ batchId, requests }) => requests === ids.length && !known.some((batch) => batch.batchId === batchId),
    );
    context.log.warn(
      { calls: ids.length, batchId: theirs?.batchId ?? null },
      'The answer to a submitted batch was lost with its worker',
    );
    await setState(
      context,
      ids,
      theirs === undefined
        ? { state: 'queued', submittedAt: null }
        : { state: 'submitted', batchId: theirs.batchId },
    );
  }
};

const store = async ({ db }: Context, result: BatchResult, batchId: string) => {
  await db.transaction(async (transaction) => {
    const [item] = await transaction
      .update(judgeBatchItems)
      .set(
        result.kind === 'reply'
          ? { state: 'done', reply: result.reply, request: null }
          : { state: 'single', request: null },
      )
      .where(
        and(
          eq(judgeBatchItems.id, result.id),
          eq(judgeBatchItems.batchId, batchId),
          eq(judgeBatchItems.state, 'submitted'),
        ),
      )
      .returning({ spendId: judgeBatchItems.spendId });
    // A call that is made by itself may cost as much as was booked, so that stays.
    if (result.kind === 'reply' && item?.spendId)
      await settleBooking(transaction, item.spendId, result.usage);
  });
};

/** Puts the replays of these calls on the queue again. */
const wake = async ({ db, sender }: Context, itemIds: string[]) => {
  const replays = await db
    .selectDistinct({
      runId: verificationReplays.runId,
      replayId: verificationReplays.id,
      position: verificationReplays.position,
    })
    .from(judgeBatchItems)
    .innerJoin(verificationReplays, eq(verificationReplays.id, judgeBatchItems.replayId))
    .where(and(inArray(judgeBatchItems.id, itemIds), eq(verificationReplays.state, 'open')));
  await sender.enqueue(
    db,
    replays.map(({ runId, replayId, position }) => ({
      name: 'score-replay',
      data: { runId, replayId },
      priority: -position,
    })),
  );
};

const collect = async (context: Context, batches: BatchClient, batchId: string) => {
  const { db, log } = context;
  const state = await batches.state(batchId);
  if (state === 'in_progress') return;
  if (state === 'ended')
    for await (const result of batches.results(batchId)) await store(context, result, batchId);
  else log.warn({ batchId }, 'The API knows a batch no more; its calls are made singly');
  // What the batch said nothing of is asked by itself, as what expired or failed in it is.
  await db
    .update(judgeBatchItems)
    .set({ state: 'single', request: null })
    .where(and(eq(judgeBatchItems.batchId, batchId), eq(judgeBatchItems.state, 'submitted')));
  const items = await db
    .select({ id: judgeBatchItems.id })
    .from(judgeBatchItems)
    .where(eq(judgeBatchItems.batchId, batchId));
  await wake(
    context,
    items.map(({ id }) => id),
  );
  log.info({ batchId, calls: items.length }, 'A batch of judge calls has ended');
};

/**
 * One step with the judge's batches: submits what was queued, stores what has ended, and lets the replays go on that
 * waited for it. To be called again and again by one worker at a time; whatever it was doing when it died is done by the
 * next.
 */
export const advanceBatches = async (context: Context): Promise<void> => {
  const { db, engine, log } = context;
  const { batches } = engine;
  if (batches === null) return;
  try {
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
