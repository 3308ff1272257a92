import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { verificationReplays } from '#db/schema/replays.ts';
import type { Asked } from '#verification/replay/oracle-presence.ts';
import { type OracleRecord, oraclePatienceMs } from '#verification/replay/watched-oracle.ts';
import type { ServiceContext } from '../ground/context.ts';
import { isOpenIn, ReplayLost } from '../state/checkpoint.ts';
import { isPatient, OracleAway } from './waits.ts';

/**
 * The questions of a run to its oracle, in its replays' rows. An oracle that cannot be reached is waited for on the queue
 * (`OracleAway`), each replay by itself. `noteAsking` rejects with `ReplayLost` where the replay is no longer this run's.
 */
export const oracleRecord = (
  context: Pick<ServiceContext, 'db' | 'now'>,
  replay: { runId: string; replayId: string },
): OracleRecord => {
  const { db } = context;
  const isOpen = isOpenIn(replay);
  return {
    noteAsking: async () => {
      const [noted] = await db
        .update(verificationReplays)
        .set({ oracleAsks: sql`${verificationReplays.oracleAsks} + 1` })
        .where(isOpen)
        .returning({ oracleAsks: verificationReplays.oracleAsks });
      if (noted === undefined) throw new ReplayLost('The replay is another run’s, or has ended.');
      return noted.oracleAsks - 1;
    },
    takeBackAsking: async () => {
      await db
        .update(verificationReplays)
        .set({ oracleAsks: sql`${verificationReplays.oracleAsks} - 1` })
        .where(isOpen);
    },
    asked: () =>
      db
        .select({
          // Answers are long, and what they say tells nothing of presence.
          outcome: sql<Asked['outcome']>`${verificationReplays.oracle} - 'answer'`,
          carried: verificationReplays.oracleCarried,
        })
        .from(verificationReplays)
        .where(and(eq(verificationReplays.runId, replay.runId), isNotNull(verificationReplays.oracle))),
    wait: async ({ detail }) => {
      if (!(await isPatient(context, replay, oraclePatienceMs))) return false;
      throw new OracleAway(`the oracle cannot be reached. ${detail}`);
    },
  };
};
