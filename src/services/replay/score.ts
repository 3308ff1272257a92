import { and, eq } from 'drizzle-orm';
import { groundTruthRecords } from '#db/schema/ground-truths.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import { runReplay } from '#verification/replay/run-replay.ts';
import type { WorkerContext } from '../context.ts';
import { attempt, PassingFault } from '../run/attempt.ts';
import { cutMessage } from '../run/transitions.ts';
import { checkpointStore, ReplayLost, replayingStatuses } from './checkpoint.ts';
import { endReplay } from './end.ts';
import { bookedJudge, cleanOracle } from './ports.ts';

const openReplay = async ({ db }: Pick<WorkerContext, 'db'>, runId: string, replayId: string) => {
  const [found] = await db
    .select({
      row: verificationReplays,
      status: verificationRuns.status,
      config: verificationRuns.config,
      groundTruth: groundTruthRecords.record,
    })
    .from(verificationReplays)
    .innerJoin(groundTruthRecords, eq(groundTruthRecords.digest, verificationReplays.groundTruthDigest))
    .innerJoin(verificationRuns, eq(verificationRuns.id, verificationReplays.runId))
    .where(and(eq(verificationReplays.id, replayId), eq(verificationReplays.runId, runId)));
  return found?.row.state === 'open' && replayingStatuses.some((status) => status === found.status)
    ? found
    : null;
};

/**
 * Carries one replay from its first missing step to its end. No call whose answer was stored is made again. A job
 * delivered twice finds the replay ended, or is refused at its first step that the other has stored.
 */
export const scoreReplay = async (
  context: WorkerContext,
  { runId, replayId }: { runId: string; replayId: string },
  signal?: AbortSignal,
): Promise<void> => {
  const { db, engine } = context;
  const found = await openReplay(context, runId, replayId);
  if (found === null) return;
  const { row, config, groundTruth } = found;

  await attempt(context, {
    runId,
    about: { job: 'score-replay', runId, replayId },
    signal,
    note: async (message) => {
      await db
        .update(verificationReplays)
        .set({ reason: cutMessage(message) })
        .where(and(eq(verificationReplays.id, replayId), eq(verificationReplays.state, 'open')));
    },
    work: async (secrets, clean) => {
      try {
        await runReplay({
          groundTruth,
          judge: bookedJudge(context, engine.judge(config), runId, clean),
          oracle: cleanOracle(engine.oracle(config, secrets, runId), clean),
          store: checkpointStore(context, { runId, row }),
          blinding: config.blinded ? config.seed : null,
          signal,
        });
      } catch (error) {
        if (!(error instanceof ReplayLost)) throw error;
        if ((await openReplay(context, runId, replayId)) === null) return;
        // The other worker may be dead by now: the next attempt resumes from what it stored.
        throw new PassingFault('Two workers were at this replay; it is taken up again from what is stored.');
      }
      await endReplay(context, { runId, replayId });
    },
  });
};
