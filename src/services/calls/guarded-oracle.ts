import { and, eq, sql } from 'drizzle-orm';
import type { RunConfig } from '#contracts/run.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import type { ServiceContext } from '../ground/context.ts';
import { isOpenIn, ReplayLost } from '../state/checkpoint.ts';
import { takeSlot } from './slots.ts';
import { OracleAway } from './waits.ts';

/** As `stoppingJudge`, for an oracle. */
export const stoppingOracle = (oracle: Oracle, stopping: AbortSignal): Oracle => ({
  ask: async (request, signal) => {
    stopping.throwIfAborted();
    return oracle.ask(request, signal);
  },
});

/**
 * An oracle that is not asked more often, by all workers together, than its origin is to bear. One that is run
 * here is this installation's own and has its process's limits.
 */
export const limitedOracle = (
  context: Pick<ServiceContext, 'db' | 'now' | 'policy'>,
  oracle: Oracle,
  asked: RunConfig['oracle'],
  userId: string,
): Oracle => {
  if (!('url' in asked)) return oracle;
  const origin = asked.url === null ? 'demonstration' : new URL(asked.url).origin;
  return {
    ask: async (request, signal) => {
      const release = await takeSlot(
        context,
        { resource: `oracle ${origin}`, userId },
        context.policy.limits.oracle,
      );
      try {
        return await oracle.ask(request, signal);
      } finally {
        await release();
      }
    },
  };
};

/**
 * An oracle that is waited for (OracleAway) where no connection to it can be made and this run has had an answer of it:
 * a restart of it is no verdict on what it says. Where it never was there, its address is wrong, which is told at once.
 */
export const patientOracle = (
  { db }: Pick<ServiceContext, 'db'>,
  oracle: Oracle,
  { runId }: { runId: string },
): Oracle => ({
  ask: async (request, signal) => {
    const outcome = await oracle.ask(request, signal);
    if (outcome.kind === 'failure' && outcome.unreachable) {
      const answered = and(
        eq(verificationReplays.runId, runId),
        sql`(${verificationReplays.oracle} ->> 'kind' = 'answer' or (${verificationReplays.oracle} -> 'httpAnswered')::boolean)`,
      );
      if ((await db.$count(verificationReplays, answered)) > 0)
        throw new OracleAway(`the oracle cannot be reached. ${outcome.detail}`);
    }
    return outcome;
  },
});

/**
 * An oracle whose every question is noted on the replay before it goes out, so that one whose answer was never stored
 * (its worker died, its run was cancelled) is counted when it is asked again: the oracle knows the question by then.
 * Rejects with `ReplayLost` where the replay is no longer this run's.
 */
export const notedOracle = (
  { db }: Pick<ServiceContext, 'db'>,
  oracle: Oracle,
  replay: { runId: string; replayId: string },
): Oracle => ({
  ask: async (request, signal) => {
    const [noted] = await db
      .update(verificationReplays)
      .set({ oracleAsks: sql`${verificationReplays.oracleAsks} + 1` })
      .where(isOpenIn(replay))
      .returning({ oracleAsks: verificationReplays.oracleAsks });
    if (noted === undefined) throw new ReplayLost('The replay is another run’s, or has ended.');
    const outcome = await oracle.ask(request, signal);
    // Nothing of it has left.
    if (outcome.kind === 'failure' && outcome.unreachable)
      await db
        .update(verificationReplays)
        .set({ oracleAsks: sql`${verificationReplays.oracleAsks} - 1` })
        .where(isOpenIn(replay));
    const askedBefore = noted.oracleAsks - 1;
    return askedBefore === 0 ? outcome : { ...outcome, askedBefore };
  },
});
