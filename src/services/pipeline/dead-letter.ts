import { and, eq } from 'drizzle-orm';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Job } from '#queue/jobs.ts';
import type { ServiceContext } from '../ground/context.ts';
import { reportFault } from '../ground/fault.ts';
import { endReplay } from '../state/end-replay.ts';
import { failRun } from '../state/transitions.ts';
import { endDeadInquiry } from './answer-inquiry.ts';

const silentDeath =
  'Its worker stopped several times without saying why (it may have run out of memory, or been killed).';

/**
 * Ends the work of a job that is out of tries, so that no run waits for it. A replay ends unscored, which is the
 * verifier's own failure and never a zero; ingestion and certification fail their run. The reason is the one that the
 * last try noted.
 */
export const endDeadJob = async (
  context: Pick<ServiceContext, 'db' | 'sender' | 'now' | 'log'>,
  { name, data }: Job,
): Promise<void> => {
  if (name === 'answer-inquiry') return endDeadInquiry(context, data);
  // Whatever is appended next, and a periodic task, sign it too.
  if (name === 'sign-log') return;
  const { db, now } = context;
  if (name !== 'score-replay') {
    const [run] = await db
      .select({ error: verificationRuns.error })
      .from(verificationRuns)
      .where(eq(verificationRuns.id, data.runId));
    const stage = name === 'ingest-run' ? 'Reading the ground truth' : 'Writing the certificate';
    await failRun(db, data.runId, run?.error ?? `${stage} failed. ${silentDeath}`, now());
    return;
  }
  const [replay] = await db
    .select({ reason: verificationReplays.reason })
    .from(verificationReplays)
    .where(and(eq(verificationReplays.id, data.replayId), eq(verificationReplays.runId, data.runId)));
  try {
    await endReplay(context, data, replay?.reason ?? silentDeath);
  } catch (error) {
    // A replay that cannot even be given up would hold its run forever.
    const fault = reportFault(context, error, { job: 'dead-letter', ...data });
    await failRun(db, data.runId, `A replay could not be ended. ${fault.message}`, now());
  }
};
