import type { ReplayCheckpoint } from '#contracts/replay.ts';
import type { ReplayStore } from '#verification/replay/run-replay.ts';
import { endOfReplay } from '#verification/replay/score.ts';
import { type DealtReplay, dealtReplayOf } from '#verification/replay/shown-canaries.ts';
import { withStep } from '#verification/replay/with-step.ts';

/** Stores a replay's steps in memory. `kept` is what it has stored so far. `others` are the run's other replays. */
export const memoryReplayStore = (
  others: () => DealtReplay[] = () => [],
): { store: ReplayStore; readonly kept: ReplayCheckpoint; readonly dealt: DealtReplay } => {
  let kept: ReplayCheckpoint = {};
  return {
    store: {
      checkpoint: {},
      save: async (step, value) => {
        kept = withStep(kept, step, value);
      },
      dealCanaries: async (choose) => {
        const canaries = choose(others());
        kept = withStep(kept, 'canaries', canaries);
        return canaries;
      },
      beforeOracleCall: async () => undefined,
    },
    get kept() {
      return kept;
    },
    get dealt() {
      return dealtReplayOf(kept, endOfReplay(kept)?.outcome ?? null);
    },
  };
};
