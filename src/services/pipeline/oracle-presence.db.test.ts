import { oraclePresenceContract, type RunUnderTest } from '#testing/rigs/oracle-presence-contract.ts';
import { ownersRig } from '#testing/rigs/owners-rig.ts';

const cancelled = 'Cancelled by its owner';

oraclePresenceContract(async (says, looks): Promise<RunUnderTest> => {
  let runId: string | null = null;
  let stopBefore: string | undefined;
  const at = await ownersRig({
    oracle: async ({ pr }) => says(pr.id),
    look: async () => looks(),
    judge: async ({ measure }, { id }) => {
      if (runId !== null && measure === 'answer_key' && id === stopBefore) await at.fail(runId, cancelled);
      return undefined;
    },
  });
  return {
    start: async (before) => {
      stopBefore = before;
      runId =
        runId === null
          ? await at.start({ limit: 4, minReplays: 4 })
          : (await at.continueAs('resume', runId)).runId;
      await at.pump();
      const { status, error } = await at.run(runId);
      if (status === 'FAILED') return error === cancelled ? 'stopped' : { failed: error ?? '' };
      const replays = await at.replaysOf(runId);
      return {
        certified: Object.fromEntries(
          replays.flatMap(({ groundTruthId, outcome }) =>
            outcome === null ? [] : [[groundTruthId, outcome]],
          ),
        ),
      };
    },
    judgeCalls: () => at.calls.filter((call) => !/^(?:draw|end$|oracle:)/.test(call)).length,
    now: () => at.context.now().getTime(),
  };
});
