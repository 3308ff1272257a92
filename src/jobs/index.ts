import type { Job } from '#queue/jobs.ts';
import type { JobHandlers } from '#queue/work.ts';
import { closeAudits } from '#services/audit/index.ts';
import { advanceBatches } from '#services/calls/index.ts';
import { openExpired } from '#services/certificate/index.ts';
import type { WorkerContext } from '#services/ground/index.ts';
import { askWitnesses, signLog } from '#services/log/index.ts';
import {
  advanceReplay,
  answerInquiry,
  certifyRun,
  closeAttempts,
  endDeadJob,
  ingestRun,
  sweepRuns,
} from '#services/pipeline/index.ts';
import { erasePrivateGroundTruths, prune } from '#services/retention/index.ts';
import { forgetInquiries } from '#services/run/index.ts';
import { loggingStatus } from '#services/state/index.ts';

export type Handlers = {
  handlers: JobHandlers;
  deadLetter: (job: Job) => Promise<void>;
  periodic: Record<string, () => Promise<void>>;
};

/**
 * Does a job's work within a span of the trace that sent it, and logs its begin, its run's steps and its end.
 */
const observedJob = (
  context: Pick<WorkerContext, 'log' | 'tracing'>,
  { name, data }: Job,
  work: () => Promise<void>,
): Promise<void> => {
  const { log, tracing } = context;
  const { traceparent, ...ids } = data;
  return tracing.span({ name: `job ${name}`, kind: 'consumer', ids, parent: traceparent }, async () => {
    const startedAt = performance.now();
    log.debug({ job: name, ...ids }, 'A job started');
    let ended = false;
    try {
      await loggingStatus(context, work);
      ended = true;
    } finally {
      const tookMs = Math.round(performance.now() - startedAt);
      log.debug({ job: name, ...ids, tookMs }, ended ? 'A job ended' : 'A job was cut off');
    }
  });
};

/** What a worker does for each job, for each job that is out of tries, and periodically. */
export const createHandlers = (context: WorkerContext): Handlers => ({
  handlers: {
    'ingest-run': (data, signal, stopping) =>
      observedJob(context, { name: 'ingest-run', data }, () =>
        // Reading a repository costs nothing, so another worker simply starts over.
        ingestRun(context, data, stopping ? AbortSignal.any([signal, stopping]) : signal),
      ),
    'score-replay': (data, signal, stopping) =>
      observedJob(context, { name: 'score-replay', data }, () =>
        advanceReplay(context, data, signal, stopping),
      ),
    'answer-inquiry': (data, signal) =>
      observedJob(context, { name: 'answer-inquiry', data }, () => answerInquiry(context, data, signal)),
    'certify-run': (data, signal) =>
      observedJob(context, { name: 'certify-run', data }, () => certifyRun(context, data, signal)),
    'sign-log': (data) => observedJob(context, { name: 'sign-log', data }, () => signLog(context)),
  },
  deadLetter: (job) => observedJob(context, job, () => endDeadJob(context, job)),
  // Separate tasks, so that a slow judge API does not delay the sweep.
  periodic: {
    ...(context.policy.engineEnabled ? { 'advance batches': () => advanceBatches(context) } : {}),
    'sweep runs': () => loggingStatus(context, () => sweepRuns(context)),
    'close attempts': () => closeAttempts(context),
    'ask witnesses': () => askWitnesses(context),
    'close audits': () => closeAudits(context),
    'open expired certificates': () => openExpired(context),
    'erase private ground truth': () => erasePrivateGroundTruths(context),
    prune: () => prune(context),
    'forget inquiries': () => forgetInquiries(context.db),
  },
});
