import { directoryRun } from '#testing/rigs/directory-run.ts';
import { oraclePresenceContract } from '#testing/rigs/oracle-presence-contract.ts';
import { changeNumbers, drawOf } from '#testing/rigs/scripted-engine.ts';
import { endOfReplay } from '#verification/replay/score.ts';
import { RunStopped } from './exit.ts';

oraclePresenceContract(async (says, looks) => {
  let stop = new AbortController();
  let stopBefore: string | undefined;
  const { carryOut, calls, now } = directoryRun(drawOf(changeNumbers(4)), {
    oracle: async ({ pr }) => says(pr.id),
    look: async () => looks(),
    judge: async ({ measure }, { id }) => {
      if (measure === 'answer_key' && id === stopBefore) stop.abort();
      return undefined;
    },
  });
  return {
    start: async (before) => {
      stop = new AbortController();
      stopBefore = before;
      try {
        const replays = await carryOut(stop.signal);
        return {
          certified: Object.fromEntries(
            replays.flatMap(({ groundTruthId, checkpoint }) => {
              const end = endOfReplay(checkpoint);
              return end === null ? [] : [[groundTruthId, end.outcome]];
            }),
          ),
        };
      } catch (error) {
        if (stop.signal.aborted) return 'stopped';
        if (error instanceof RunStopped) return { failed: error.message };
        throw error;
      }
    },
    judgeCalls: () => calls.filter((call) => !call.startsWith('oracle:')).length,
    now: () => now().getTime(),
  };
});
