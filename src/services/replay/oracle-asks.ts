import { sql } from 'drizzle-orm';
import { verificationReplays } from '#db/schema/replays.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import type { ServiceContext } from '../context.ts';
import { isOpenIn, ReplayLost } from './checkpoint.ts';

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
