import { and, count, eq, exists, gte, inArray, isNotNull, isNull, notInArray, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { isTerminal, type Run } from '#contracts/run.ts';
import { logRegistrations } from '#db/schema/log.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { ServiceContext } from '../ground/context.ts';
import { nothingSpent, type RunSpend, spendOfRuns } from '../state/run-spend.ts';
import { liveWorkers } from '../state/workers.ts';
import { type BatchWait, batchWaitsOf, batchWaitText } from './batch-wait.ts';

type Position = {
  place: number;
  /** A repository is being read for whom the run counts for, and one at a time is. */
  isBehindOwn: boolean;
};

/** What belongs to a run but is not in its own row. */
type RunSurroundings = {
  spend: ReadonlyMap<string, RunSpend>;
  resumed: ReadonlySet<string>;
  /** Runs whose attempt's outcome is in the log. */
  closed: ReadonlySet<string>;
  /** For each run under way: how many replays have ended, in how many seconds. */
  pace: ReadonlyMap<string, { ended: number; seconds: number }>;
  batches: ReadonlyMap<string, BatchWait>;
  /** The place in the line of each run that is PENDING, from 1. */
  positions: ReadonlyMap<string, Position>;
  /** No worker lives that could say what a run waits for. */
  withoutWorkers: boolean;
};

/** The place of each PENDING run in the order in which workers take them. */
const positionsOf = async (
  { db }: Pick<ServiceContext, 'db'>,
  runIds: string[],
): Promise<ReadonlyMap<string, Position>> => {
  const [ahead, begun] = [alias(verificationRuns, 'ahead'), alias(verificationRuns, 'begun')];
  const rows = await db
    .select({
      id: verificationRuns.id,
      ahead: count(ahead.id),
      isBehindOwn: sql<boolean>`${exists(
        db
          .select({ id: begun.id })
          .from(begun)
          .where(
            and(
              eq(begun.stranger, verificationRuns.stranger),
              eq(begun.status, 'INGESTING'),
              isNull(begun.draw),
            ),
          ),
      )}`,
    })
    .from(verificationRuns)
    .leftJoin(
      ahead,
      and(
        // Written out: a parameter would hide the line's own index from the planner.
        sql`${ahead.status} = 'PENDING'`,
        sql`(${ahead.stranger} is not null, ${ahead.turn}, ${ahead.createdAt}, ${ahead.id}) < (${verificationRuns.stranger} is not null, ${verificationRuns.turn}, ${verificationRuns.createdAt}, ${verificationRuns.id})`,
      ),
    )
    .where(and(inArray(verificationRuns.id, runIds), eq(verificationRuns.status, 'PENDING')))
    .groupBy(verificationRuns.id);
  return new Map(rows.map(({ id, ahead, isBehindOwn }) => [id, { place: ahead + 1, isBehindOwn }]));
};

/** What the judge has taken for each of these runs so far, which batches they wait for, and which were resumed. */
export const surroundingsOf = async (
  context: Pick<ServiceContext, 'db' | 'now'>,
  runIds: string[],
): Promise<RunSurroundings> => {
  const [spend, resumptions, closed, paces, batches, positions, workers] = await Promise.all([
    spendOfRuns(context, runIds),
    context.db
      .select({ of: verificationRuns.continuesRunId })
      .from(verificationRuns)
      .where(
        and(inArray(verificationRuns.continuesRunId, runIds), eq(verificationRuns.continuation, 'resume')),
      ),
    context.db
      .select({ id: verificationRuns.id })
      .from(verificationRuns)
      .innerJoin(logRegistrations, eq(logRegistrations.id, verificationRuns.registrationId))
      .where(and(inArray(verificationRuns.id, runIds), isNotNull(logRegistrations.closedAt))),
    context.db
      .select({
        runId: verificationReplays.runId,
        ended: count(),
        seconds: sql<number>`extract(epoch from max(${verificationReplays.endedAt}) - min(${verificationReplays.createdAt}))::float8`,
      })
      .from(verificationReplays)
      .innerJoin(verificationRuns, eq(verificationRuns.id, verificationReplays.runId))
      .where(
        and(
          inArray(verificationReplays.runId, runIds),
          eq(verificationReplays.state, 'ended'),
          // Replays that a resumed run brought along ended before it began.
          gte(verificationReplays.endedAt, verificationReplays.createdAt),
          notInArray(verificationRuns.status, ['COMPLETED', 'FAILED']),
        ),
      )
      .groupBy(verificationReplays.runId),
    batchWaitsOf(context, runIds),
    positionsOf(context, runIds),
    liveWorkers(context.db, context.now()),
  ]);
  return {
    spend,
    resumed: new Set(resumptions.flatMap(({ of }) => (of === null ? [] : [of]))),
    closed: new Set(closed.map(({ id }) => id)),
    pace: new Map(paces.map(({ runId, ...pace }) => [runId, pace])),
    batches,
    positions,
    withoutWorkers: workers.count === 0,
  };
};

/** Fewer replays say too little about the rest. */
const leastEnded = 3;

const secondsLeft = (
  {
    status,
    progress,
    total,
    config: { economy },
  }: Pick<typeof verificationRuns.$inferSelect, 'status' | 'progress' | 'total' | 'config'>,
  pace: { ended: number; seconds: number } | undefined,
): number | null =>
  // Replays that are judged in batches end many at once and then none for long: that gives no pace.
  pace === undefined || pace.ended < leastEnded || isTerminal(status) || economy
    ? null
    : Math.round(((total - progress) * pace.seconds) / pace.ended);

const turnText = ({ place, isBehindOwn }: Position): string => {
  if (isBehindOwn)
    return 'Waiting until the repository of another run of yours, or from your network, has been read. A worker reads one of them at a time.';
  return place === 1
    ? 'Waiting for a free worker. The run is the next to begin.'
    : `Waiting for its turn. The run is number ${place} in the line.`;
};

/** Words that say what is waited for begin like this. */
const isWaiting = (activity: string) => activity.startsWith('Waiting');

/**
 * What a run waits for. A batch is named before the last activity: nothing else moves meanwhile. A run that has not
 * begun names its turn, unless something keeps all workers from it.
 */
const waitOf = (
  { id, status, activity }: Pick<typeof verificationRuns.$inferSelect, 'id' | 'status' | 'activity'>,
  { batches, positions, withoutWorkers }: RunSurroundings,
): string | null => {
  if (isTerminal(status)) return null;
  if (withoutWorkers) return 'Waiting: no worker is running.';
  const batch = batches.get(id);
  if (batch !== undefined) return batchWaitText(batch);
  if (activity !== null) return isWaiting(activity) ? activity : null;
  const position = positions.get(id);
  return position === undefined ? null : turnText(position);
};

const presentBatch = (wait: BatchWait | undefined): Run['batch'] =>
  wait === undefined
    ? null
    : { queued: wait.queued, sent: wait.sent, sentAt: wait.sentAt?.toISOString() ?? null };

/** A run as its owner sees it. The error of a try that will be repeated is not shown. */
export const presentRun = (row: typeof verificationRuns.$inferSelect, surroundings: RunSurroundings): Run => {
  const { spend, resumed, closed, pace, batches, positions } = surroundings;
  const waitingFor = waitOf(row, surroundings);
  return {
    runId: row.id,
    status: row.status,
    progress: row.progress,
    total: row.total,
    constructId: row.constructId,
    repoUrl: row.repoUrl,
    error: row.status === 'FAILED' ? row.error : null,
    activity: isTerminal(row.status) ? null : (waitingFor ?? row.activity),
    waitingFor,
    position: positions.get(row.id)?.place ?? null,
    certificateId: row.certificateId,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    judge: row.config.judge.provider,
    economy: row.config.economy,
    batch: presentBatch(batches.get(row.id)),
    sample: row.config.source.kind === 'sample',
    ...(spend.get(row.id) ?? nothingSpent),
    maxCostUsd: row.config.maxCostUsd,
    secondsLeft: secondsLeft(row, pace.get(row.id)),
    continuesRunId: row.continuesRunId,
    continuation: row.continuation,
    can: {
      cancel: !isTerminal(row.status),
      // Before the draw there is nothing to resume.
      resume: row.status === 'FAILED' && row.draw !== null && !resumed.has(row.id) && !closed.has(row.id),
      retry: row.status === 'FAILED' && row.config.source.kind !== 'sample',
    },
    oracleFailures: null,
    needsOracleUrl: row.config.oracleQuery !== null,
    oracleHeaderNames: 'headers' in row.config.oracle ? Object.keys(row.config.oracle.headers) : [],
  };
};
