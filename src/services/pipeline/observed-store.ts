import type { ReplayCheckpoint, ReplayStep } from '#contracts/replay.ts';
import type { RunConfig } from '#contracts/run.ts';
import type { StoredStep } from '#platform/telemetry/metrics.ts';
import type { ReplayStore } from '#verification/replay/run-replay.ts';
import type { ServiceContext } from '../ground/context.ts';

/** A checkpoint whose steps are counted once they are stored. */
export const observedStore = (
  { metrics }: Pick<ServiceContext, 'metrics'>,
  store: ReplayStore,
  { judge, agreement }: Pick<RunConfig, 'judge' | 'agreement'>,
): ReplayStore => ({
  ...store,
  save: async <Step extends ReplayStep>(step: Step, value: Required<ReplayCheckpoint>[Step]) => {
    await store.save(step, value);
    metrics.stepStored({ step, value } as StoredStep, {
      first: judge.model,
      second: agreement?.model ?? judge.model,
    });
  },
});
