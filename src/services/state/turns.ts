import { and, eq, inArray, isNull, max, ne, sql } from 'drizzle-orm';
import type { Executor } from '#db/client.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { turns } from '#db/schema/turns.ts';
import { replayingStatuses } from './checkpoint.ts';

/**
 * Who is next. Waiting work has turns, and the lowest is taken first (start-time fair queueing: Goyal, Vin and Cheng,
 * 1997). New work starts right after the turn that its line has reached, so that it need not wait for what others had
 * queued before. What waits is not overtaken for ever, because each turn that is taken moves the line on.
 */
type Line = (typeof turns.$inferSelect)['line'];

/** How far apart the turns of one run or user are. Between two of them, at most this many newcomers are let in. */
const stride = 4;

const reachedOf = async (executor: Executor, line: Line): Promise<number> => {
  const [row] = await executor.select({ reached: turns.reached }).from(turns).where(eq(turns.line, line));
  return row?.reached ?? -1;
};

/** Moves a line on to a turn that is being taken. */
export const reachTurn = async (executor: Executor, line: Line, turn: number): Promise<void> => {
  // Most turns were reached before: those write nothing and lock nothing.
  if ((await reachedOf(executor, line)) >= turn) return;
  await executor
    .insert(turns)
    .values({ line, reached: turn })
    .onConflictDoUpdate({
      target: turns.line,
      set: { reached: sql`greatest(${turns.reached}, excluded.reached)` },
    });
};

/** The turn of a new run to have its repository read. A user's runs take one turn each, one after another. */
export const ingestionTurn = async (executor: Executor, userId: string): Promise<number> => {
  const [waiting] = await executor
    .select({ last: max(verificationRuns.turn) })
    .from(verificationRuns)
    .where(
      and(
        eq(verificationRuns.userId, userId),
        inArray(verificationRuns.status, ['PENDING', 'INGESTING']),
        isNull(verificationRuns.draw),
      ),
    );
  const next = (await reachedOf(executor, 'ingest-run')) + 1;
  const last = waiting?.last ?? null;
  return last === null ? next : Math.max(next, last + stride);
};

/**
 * Gives all replays of a run that have not ended their turns, in the order of the draw. Runs take turns, and a user's
 * runs share that user's: with n of them under way, the new one has every n-th turn.
 * @returns those that are open.
 */
export const giveTurns = async (
  transaction: Executor,
  { runId, userId }: { runId: string; userId: string },
): Promise<{ id: string; turn: number }[]> => {
  const others = await transaction
    .select({ id: verificationRuns.id })
    .from(verificationRuns)
    .where(
      and(
        eq(verificationRuns.userId, userId),
        ne(verificationRuns.id, runId),
        inArray(verificationRuns.status, [...replayingStatuses]),
        sql`exists (select from ${verificationReplays} where ${verificationReplays.runId} = ${verificationRuns.id} and ${verificationReplays.state} = 'open')`,
      ),
    );
  const from = (await reachedOf(transaction, 'score-replay')) + 1;
  const placed = transaction.$with('placed').as(
    transaction
      .select({
        id: verificationReplays.id,
        place: sql<number>`(row_number() over (order by ${verificationReplays.position}))::int`.as('place'),
      })
      .from(verificationReplays)
      .where(and(eq(verificationReplays.runId, runId), ne(verificationReplays.state, 'ended'))),
  );
  const given = await transaction
    .with(placed)
    .update(verificationReplays)
    .set({ turn: sql`${from}::int + (${placed.place} - 1) * ${stride * (others.length + 1)}::int` })
    .from(placed)
    .where(eq(verificationReplays.id, placed.id))
    .returning({
      id: verificationReplays.id,
      turn: verificationReplays.turn,
      state: verificationReplays.state,
    });
  return given.filter(({ state }) => state === 'open').map(({ id, turn }) => ({ id, turn }));
};
