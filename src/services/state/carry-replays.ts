import { randomUUID } from 'node:crypto';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { AppError } from '#contracts/errors.ts';
import type { ReplayStep, WordlessCheckpoint } from '#contracts/replay.ts';
import type { Continuation } from '#contracts/run.ts';
import type { Executor } from '#db/client.ts';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { type Asked, standing } from '#verification/replay/oracle-presence.ts';
import { resumable } from '#verification/replay/resumable.ts';
import {
  askedOf,
  checkpointOf,
  insertReplays,
  type ReplayRow,
  replaysInChunks,
  wordlessSteps,
} from './checkpoint.ts';

type CarriedReplay = Pick<ReplayRow, 'id' | 'position' | 'state' | 'outcome'>;
type DrawnReplay = CarriedReplay & Pick<ReplayRow, 'groundTruthId' | 'groundTruthDigest'>;

const openAgain = { state: 'open', outcome: null, reason: null, endedAt: null } as const;

/** The stored steps to repeat: those that the verifier failed to get. */
const stepsAgain = (stored: WordlessCheckpoint, oracleStands: boolean): ReplayStep[] => {
  const kept = resumable(stored, oracleStands);
  return (Object.keys(stored) as ReplayStep[]).filter((step) => !(step in kept));
};

/** By replay: how asking its oracle ended, and the steps to repeat where that stands and where it does not. */
type Outcomes = Map<string, { asked: Asked[]; again: Record<'standing' | 'dropped', ReplayStep[]> }>;

const outcomesOf = async (transaction: Executor, runId: string): Promise<Outcomes> => {
  const rows = replaysInChunks((after, size) =>
    transaction
      .select({
        id: verificationReplays.id,
        position: verificationReplays.position,
        oracleCarried: verificationReplays.oracleCarried,
        ...wordlessSteps,
      })
      .from(verificationReplays)
      .where(and(eq(verificationReplays.runId, runId), after))
      .orderBy(asc(verificationReplays.position))
      .limit(size),
  );
  const outcomes: Outcomes = new Map();
  for await (const row of rows) {
    const stored = checkpointOf(row);
    const again = { standing: stepsAgain(stored, true), dropped: stepsAgain(stored, false) };
    outcomes.set(row.id, { asked: askedOf(row), again });
  }
  return outcomes;
};

/** Calls that wait for a batch move with their replays: the batch is paid for. */
const moveReplays = async (
  transaction: Executor,
  rows: DrawnReplay[],
  { from, to, at }: { from: string; to: string; at: Date },
): Promise<CarriedReplay[]> => {
  const outcomes = await outcomesOf(transaction, from);
  await transaction
    .update(verificationReplays)
    .set({
      runId: to,
      oracleCarried: sql`${verificationReplays.oracle} is not null`,
      createdAt: at,
      updatedAt: at,
    })
    .where(eq(verificationReplays.runId, from));
  await transaction.update(judgeBatchItems).set({ runId: to }).where(eq(judgeBatchItems.runId, from));
  // Judged over the run being resumed: what failed while its oracle was absent is asked again.
  const stands = standing([...outcomes.values()].flatMap(({ asked }) => asked));
  const moved = rows.map((row) => {
    const outcome = outcomes.get(row.id);
    if (outcome === undefined || row.state === 'reserve') return { row, again: [] };
    return { row, again: outcome.again[outcome.asked.every(stands) ? 'standing' : 'dropped'] };
  });
  // A scored replay reopens too if the verdicts on its baseline or for the agreement are missing.
  const open = moved.filter(({ row, again }) => row.state === 'open' || again.length > 0);
  for (const alike of Map.groupBy(open, ({ again }) => again.join()).values()) {
    const again = alike[0]?.again ?? [];
    const steps: Partial<Record<ReplayStep, null>> = {};
    for (const step of again) steps[step] = null;
    await transaction
      .update(verificationReplays)
      .set({
        ...steps,
        ...openAgain,
        ...(again.includes('oracle') ? { oracleCarried: false } : {}),
        faults: 0,
        waitingSince: null,
      })
      .where(
        inArray(
          verificationReplays.id,
          alike.map(({ row }) => row.id),
        ),
      );
  }
  const reopened = new Set(open.map(({ row }) => row.id));
  return rows.map((row) => (reopened.has(row.id) ? { ...row, ...openAgain } : row));
};

/** Copies the draw's sample: its first `limit` changes are open, the others in reserve, and none has a result. */
const copyReplays = async (
  transaction: Executor,
  rows: DrawnReplay[],
  { to, limit, at }: { to: string; limit: number; at: Date },
): Promise<CarriedReplay[]> => {
  const copies = rows.map(({ groundTruthId, groundTruthDigest, position }) => ({
    id: randomUUID(),
    runId: to,
    groundTruthId,
    groundTruthDigest,
    position,
    state: position < limit ? ('open' as const) : ('reserve' as const),
    outcome: null,
    createdAt: at,
    updatedAt: at,
  }));
  await insertReplays(transaction, copies);
  return copies;
};

/**
 * Gives a new run the replays of the run that it resumes or retries, in the same seeded order over the same stored
 * ground truth. Resuming moves them with everything stored, so nobody can make rows by cancelling and resuming; the
 * old run's own row says what it had scored. Retrying copies them without results.
 * @param from the run that holds the attempt's replays.
 * @throws AppError BAD_REQUEST if private ground truth has been erased since.
 */
export const carryReplays = async (
  transaction: Executor,
  how: Continuation,
  carried: { from: string; to: string; limit: number; at: Date },
): Promise<CarriedReplay[]> => {
  const { id, groundTruthId, groundTruthDigest, position, state, outcome } = verificationReplays;
  const rows = await transaction
    .select({ id, groundTruthId, groundTruthDigest, position, state, outcome })
    .from(verificationReplays)
    .where(eq(verificationReplays.runId, carried.from))
    .orderBy(asc(verificationReplays.position));
  if (rows.some((row) => row.groundTruthDigest === null))
    throw new AppError(
      'BAD_REQUEST',
      'The run’s private ground truth has been erased since. Start a new run.',
    );
  return how === 'resume' ? moveReplays(transaction, rows, carried) : copyReplays(transaction, rows, carried);
};
