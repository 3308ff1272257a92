import type { Job } from '#queue/jobs.ts';
import type { JobHandlers } from '#queue/work.ts';
import type { WorkerContext } from '#services/context.ts';
import { erasePrivateGroundTruths } from '#services/ground-truth/erase-private.ts';
import { scoreReplay } from '#services/replay/score.ts';
import { certifyRun } from '#services/run/certify.ts';
import { endDeadJob } from '#services/run/dead-letter.ts';
import { ingestRun } from '#services/run/ingest.ts';
import { sweepRuns } from '#services/run/sweep.ts';

export type Handlers = {
  handlers: JobHandlers;
  deadLetter: (job: Job) => Promise<void>;
  sweep: () => Promise<void>;
};

/** What a worker does for each job, for one that is out of attempts, and from time to time. */
export const createHandlers = (context: WorkerContext): Handlers => ({
  handlers: {
    'ingest-run': (data, signal) => ingestRun(context, data, signal),
    'score-replay': (data, signal) => scoreReplay(context, data, signal),
    'certify-run': (data, signal) => certifyRun(context, data, signal),
  },
  deadLetter: (job) => endDeadJob(context, job),
  sweep: async () => {
    await sweepRuns(context);
    await erasePrivateGroundTruths(context);
  },
});
