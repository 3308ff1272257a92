import { directoryRun } from '#testing/rigs/directory-run.ts';
import { changeNumbers, drawOf } from '#testing/rigs/scripted-engine.ts';
import { uselessJudgeContract } from '#testing/rigs/useless-judge-contract.ts';
import { Uncertifiable } from '#verification/certificate/build.ts';
import { RunStopped } from './exit.ts';

uselessJudgeContract(async ({ drawn, reserve }, judge) => {
  const draw = drawOf(changeNumbers(drawn), changeNumbers(reserve, drawn + 1));
  const { carryOut, calls } = directoryRun(draw, { judge });
  return {
    start: async () => {
      try {
        await carryOut(new AbortController().signal);
        return null;
      } catch (error) {
        if (error instanceof RunStopped || error instanceof Uncertifiable) return error.message;
        throw error;
      }
    },
    get calls() {
      return calls.filter((call) => !call.startsWith('oracle:'));
    },
  };
});
