import type { ReplayCheckpoint } from '#contracts/replay.ts';
import type { ReplayStore } from '#verification/replay/run-replay.ts';
import { withStep } from '#verification/replay/with-step.ts';

/** Stores a replay's steps in memory. `kept` is what it has stored so far. */
export const memoryReplayStore = (): { store: ReplayStore; readonly kept: ReplayCheckpoint } => {
  let kept: ReplayCheckpoint = {};
  return {
    store: {
      checkpoint: {},
      save: async (step, value) => {
        kept = withStep(kept, step, value);
      },
      beforeOracleCall: async () => undefined,
    },
    get kept() {
      return kept;
    },
  };
};
