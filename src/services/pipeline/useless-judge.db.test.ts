import { ownersRig } from '#testing/rigs/owners-rig.ts';
import { changeNumbers, drawOf } from '#testing/rigs/scripted-engine.ts';
import { uselessJudgeContract } from '#testing/rigs/useless-judge-contract.ts';

uselessJudgeContract(async ({ drawn, reserve }, judge) => {
  const draw = drawOf(changeNumbers(drawn), changeNumbers(reserve, drawn + 1));
  const at = await ownersRig({ draw: async () => draw, judge });
  let runId: string | null = null;
  return {
    start: async () => {
      runId =
        runId === null
          ? await at.start({ limit: drawn, minReplays: drawn })
          : (await at.continueAs('resume', runId)).runId;
      await at.pump();
      const { status, error } = await at.run(runId);
      return status === 'COMPLETED' ? null : error;
    },
    get calls() {
      return at.calls.filter((call) => !/^(?:draw|end$|oracle:)/.test(call));
    },
  };
});
