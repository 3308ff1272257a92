import type { Job } from '#queue/jobs.ts';
import type { WorkerContext } from '#services/ground/index.ts';
import { loggingStatus } from '#services/state/index.ts';

/**
 * Does a job's work within a span of the trace that sent it, and logs its begin, its run's steps and its end.
 */
export const observedJob = (
  context: Pick<WorkerContext, 'log' | 'tracing' | 'now'>,
  { name, data }: Job,
  work: () => Promise<void>,
): Promise<void> => {
  const { log, tracing, now } = context;
  const ids = { runId: data.runId, ...('replayId' in data ? { replayId: data.replayId } : {}) };
  return tracing.span({ name: `job ${name}`, kind: 'consumer', ids, parent: data.traceparent }, async () => {
    const startedAt = now().getTime();
    log.debug({ job: name, ...ids }, 'A job started');
    let ended = false;
    try {
      await loggingStatus(context, work);
      ended = true;
    } finally {
      const tookMs = now().getTime() - startedAt;
      log.debug({ job: name, ...ids, tookMs }, ended ? 'A job ended' : 'A job was cut off');
    }
  });
};
