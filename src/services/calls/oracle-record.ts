import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { verificationReplays } from '#db/schema/replays.ts';
import type { Asked } from '#verification/replay/oracle-presence.ts';
import { type OracleRecord, oraclePatienceMs } from '#verification/replay/watched-oracle.ts';
import type { ServiceContext } from '../ground/context.ts';
import { isOpenIn, ReplayLost } from '../state/checkpoint.ts';
import { isPatient, OracleAway } from './waits.ts';

/**
 * Records a run's questions to its oracle in the rows of its replays. Each replay waits on the queue (`OracleAway`)
 * for an oracle that cannot be reached. `noteAsking` rejects with `ReplayLost` if the replay no longer belongs to
 * this run.
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
      if (noted === undefined) throw new ReplayLost('The replay has ended or belongs to another run.');
      return noted.oracleAsks - 1;
    },
    takeBackAsking: async () => {
      await db
        .update(verificationReplays)
        .set({ oracleAsks: sql`${verificationReplays.oracleAsks} - 1` })
        .where(isOpen);
    },
    hasAnswered: async () => {
      const answered = await db
        .select({ id: verificationReplays.id })
        .from(verificationReplays)
        .where(
          and(
            eq(verificationReplays.runId, replay.runId),
            eq(verificationReplays.oracleCarried, false),
            sql`${verificationReplays.oracle} ->> 'kind' = 'answer'`,
          ),
        )
        .limit(1);
      return answered.length > 0;
    },
    asked: () =>
      db
        .select({
          // Answers are long and say nothing about whether the oracle is there.
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
