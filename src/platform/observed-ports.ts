import { judgeOf } from '#contracts/judge-providers.ts';
import type { RunConfig } from '#contracts/run.ts';
import type { Judge, JudgeReply } from '#verification/judges/judge.ts';
import { AwaitsBatch, type BatchClient } from '#verification/judges/model/batches.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { Tracing } from './telemetry/tracing.ts';

type Telemetry = {
  metrics: Metrics;
  tracing: Tracing;
  /** Each line gets the ids of the work under way. It never holds what was said, which may repeat a secret. */
  log: { warn(details: object, message: string): void };
};

const nameOf = (error: unknown) => (error instanceof Error ? error.name : typeof error);

/** An oracle whose questions are counted and traced, and whose failures are logged. */
export const observedOracle = (
  { metrics, tracing, log }: Telemetry,
  oracle: Oracle,
  { type }: Pick<RunConfig['oracle'], 'type'>,
): Oracle => ({
  ...(oracle.look && { look: oracle.look }),
  ask: (request, signal) =>
    tracing.span(
      { name: 'oracle call', kind: 'client', attributes: { 'oracle.type': type } },
      async ({ say, fail }) => {
        const outcome = await oracle.ask(request, signal);
        metrics.oracleAsked(type, outcome);
        const answered = outcome.kind === 'answer';
        say({ outcome: answered ? 'answer' : outcome.reason, retries: outcome.retries });
        if (!answered) {
          fail('The oracle gave no answer.');
          log.warn(
            { oracle: type, failure: outcome.reason, retries: outcome.retries },
            'An oracle gave no answer',
          );
        }
        return outcome;
      },
    ),
});

/**
 * A judge whose questions are counted and traced, and whose failures are logged. A question that is only submitted to a batch has no reply to count.
 */
export const observedJudge = ({ metrics, tracing, log }: Telemetry, judge: Judge): Judge => ({
  ...judge,
  open: (groundTruth) => {
    const opened = judge.open(groundTruth);
    return {
      ...opened,
      ask: async (task, signal) => {
        const { provider, model } = judge;
        const asked = await tracing.span<JudgeReply | AwaitsBatch>(
          {
            name: 'judge call',
            kind: judgeOf(provider).model === null ? 'internal' : 'client',
            attributes: { 'judge.provider': provider, 'judge.model': model, 'judge.measure': task.measure },
          },
          async ({ say, fail }) => {
            try {
              const reply = await opened.ask(task, signal);
              metrics.judgeAsked(provider, task.measure, reply);
              say({ outcome: reply.ok ? 'answer' : reply.fault, retries: reply.retries });
              if (!reply.ok) {
                fail('The judge gave no usable answer.');
                log.warn(
                  {
                    judge: provider,
                    model,
                    measure: task.measure,
                    failure: reply.fault,
                    retries: reply.retries,
                  },
                  'A judge gave no usable answer',
                );
              }
              return reply;
            } catch (error) {
              if (!(error instanceof AwaitsBatch)) {
                // Asked to stop is no failure of the judge.
                if (!signal?.aborted)
                  log.warn(
                    { judge: provider, model, measure: task.measure, failure: nameOf(error) },
                    'A judge could not be asked',
                  );
                throw error;
              }
              say({ outcome: 'awaits_batch' });
              return error;
            }
          },
        );
        if (asked instanceof AwaitsBatch) throw asked;
        return asked;
      },
    };
  },
});

/** A judge's batches, with each request traced. */
export const observedBatches = (
  { tracing }: Pick<Telemetry, 'tracing'>,
  batches: BatchClient,
): BatchClient => {
  const called = <T>(what: string, work: () => Promise<T>): Promise<T> =>
    tracing.span({ name: `judge batch ${what}`, kind: 'client' }, work);
  return {
    submit: (items) => called('submit', () => batches.submit(items)),
    state: (batchId) => called('state', () => batches.state(batchId)),
    cancel: (batchId) => called('cancel', () => batches.cancel(batchId)),
    madeSince: (time) => called('list', () => batches.madeSince(time)),
    async *results(batchId) {
      const read = Promise.withResolvers<void>();
      const traced = called('results', () => read.promise).catch(() => undefined);
      try {
        yield* batches.results(batchId);
        read.resolve();
      } catch (error) {
        read.reject(error);
        throw error;
      } finally {
        // A reader that stops early also ends the span.
        read.resolve();
        await traced;
      }
    },
  };
};
