import type { Job } from '#queue/jobs.ts';
import type { JobHandlers } from '#queue/work.ts';
import { advanceBatches } from '#services/calls/batch/advance.ts';
import type { WorkerContext } from '#services/ground/context.ts';
import { certifyRun } from '#services/pipeline/certify.ts';
import { endDeadJob } from '#services/pipeline/dead-letter.ts';
import { ingestRun } from '#services/pipeline/ingest.ts';
import { scoreReplay } from '#services/pipeline/score-replay.ts';
import { sweepRuns } from '#services/pipeline/sweep.ts';
import { erasePrivateGroundTruths } from '#services/retention/erase-private.ts';
import { prune } from '#services/retention/prune.ts';
import { loggingStatus } from '#services/state/status-news.ts';
import { observedJob } from './observed-job.ts';

export type Handlers = {
  handlers: JobHandlers;
  deadLetter: (job: Job) => Promise<void>;
  periodic: Record<string, () => Promise<void>>;
};

/** What a worker does for each job, for one that is out of attempts, and from time to time. */
export const createHandlers = (context: WorkerContext): Handlers => ({
  handlers: {
    'ingest-run': (data, signal, stopping) =>
      observedJob(context, { name: 'ingest-run', data }, () =>
        // Reading a repository is no paid call: it is begun again elsewhere.
        ingestRun(context, data, stopping ? AbortSignal.any([signal, stopping]) : signal),
      ),
    'score-replay': (data, signal, stopping) =>
      observedJob(context, { name: 'score-replay', data }, () =>
        scoreReplay(context, data, signal, stopping),
      ),
    'certify-run': (data, signal) =>
      observedJob(context, { name: 'certify-run', data }, () => certifyRun(context, data, signal)),
  },
  deadLetter: (job) => observedJob(context, job, () => endDeadJob(context, job)),
  // Apart from each other: a slow API of the judge's is to hold up no sweep.
  periodic: {
    'advance batches': () => advanceBatches(context),
    'sweep runs': () => loggingStatus(context, () => sweepRuns(context)),
    'erase private ground truth': () => erasePrivateGroundTruths(context),
    prune: () => prune(context),
  },
});
