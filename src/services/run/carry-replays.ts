import { randomUUID } from 'node:crypto';
import { asc, eq } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { Continuation } from '#contracts/run.ts';
import type { Executor } from '#db/client.ts';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { oracleWasReached, resumable } from '#verification/replay/resumable.ts';
import { checkpointOf, type ReplayRow } from '../replay/checkpoint.ts';

/** Each row has a dozen parameters, of which Postgres takes 65,535 in one statement. */
const rowsPerInsert = 1_000;

type CarriedReplay = Pick<ReplayRow, 'id' | 'position' | 'state' | 'outcome'>;

/** What was scored is kept; what the verifier could not get is tried again. */
const resumed = (row: ReplayRow, oracleReached: boolean) => {
  if (row.state === 'reserve') return { state: 'reserve' as const, outcome: null };
  const stored = checkpointOf(row);
  const steps = resumable(stored, oracleReached);
  // Also one that was scored is open again where the parrot's or a second judge's verdicts were not obtained.
  const ended = row.state === 'ended' && Object.keys(steps).length === Object.keys(stored).length;
  return ended
    ? { ...steps, state: 'ended' as const, outcome: row.outcome, reason: row.reason, endedAt: row.endedAt }
    : { ...steps, state: 'open' as const, outcome: null };
};

/** The sample of a draw as it was: its first `limit` changes, none of them begun. */
const begunAnew = (row: ReplayRow, limit: number) => ({
  state: row.position < limit ? ('open' as const) : ('reserve' as const),
  outcome: null,
});

/**
 * Gives a new run the replays of the one that it goes on with, in the same seeded order over the same stored ground
 * truth: with all that was stored (`resume`), or from the beginning (`retry`). Calls that wait for a batch, which was
 * paid, go with the replays that are resumed.
 * @throws AppError BAD_REQUEST where private ground truth has been erased since.
 */
export const carryReplays = async (
  transaction: Executor,
  { from, to, how, limit, at }: { from: string; to: string; how: Continuation; limit: number; at: Date },
): Promise<CarriedReplay[]> => {
  const rows = await transaction
    .select()
    .from(verificationReplays)
    .where(eq(verificationReplays.runId, from))
    .orderBy(asc(verificationReplays.position));
  if (rows.some(({ groundTruthDigest }) => groundTruthDigest === null))
    throw new AppError(
      'BAD_REQUEST',
      'The run’s private ground truth has been erased since. Start a new run.',
    );
  const oracleReached = rows.some((row) => oracleWasReached(checkpointOf(row)));
  const carried = rows.map((row) => ({
    id: randomUUID(),
    runId: to,
    groundTruthId: row.groundTruthId,
    groundTruthDigest: row.groundTruthDigest,
    position: row.position,
    createdAt: at,
    updatedAt: at,
    ...(how === 'resume' ? resumed(row, oracleReached) : begunAnew(row, limit)),
  }));
  for (let start = 0; start < carried.length; start += rowsPerInsert)
    await transaction.insert(verificationReplays).values(carried.slice(start, start + rowsPerInsert));
  if (how === 'resume') {
    const waiting = await transaction
      .selectDistinct({ replayId: judgeBatchItems.replayId })
      .from(judgeBatchItems)
      .where(eq(judgeBatchItems.runId, from));
    for (const { replayId } of waiting) {
      const place = rows.findIndex(({ id }) => id === replayId);
      const replay = carried[place];
      if (replay !== undefined)
        await transaction
          .update(judgeBatchItems)
          .set({ replayId: replay.id, runId: to })
          .where(eq(judgeBatchItems.replayId, replayId));
    }
  }
  return carried;
};
