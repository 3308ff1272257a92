import { judgeAccountContract } from '#testing/rigs/judge-account-contract.ts';
import { paidRig } from '#testing/rigs/paid-rig.ts';
import { ingestRun } from '../pipeline/ingest.ts';
import { judgeAccount } from './spend.ts';

judgeAccountContract(async () => {
  const at = await paidRig();
  const runId = await at.start({ maxCostUsd: 1 });
  return {
    account: judgeAccount(at.context, { runId, limitUsd: 1 }),
    resumed: async () => {
      await ingestRun(at.context, { runId });
      await at.fail(runId);
      const next = await at.continueAs('resume', runId, { maxCostUsd: 1 });
      return judgeAccount(at.context, { runId: next.runId, limitUsd: 1 });
    },
  };
});
