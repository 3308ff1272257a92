import type { RunRequest } from '#contracts/run-request.ts';
import { type OwnersRig, ownersRig } from '../rigs/owners-rig.ts';
import type { Script } from '../rigs/scripted-engine.ts';

/** Every call that one replay makes. */
export const wholeReplay = (id: string) => [
  `answer_key:${id}`,
  `oracle:${id}`,
  `precision:${id}`,
  `recall:${id}`,
  `reply:${id}`,
  `baseline-precision:${id}`,
  `baseline-recall:${id}`,
  `baseline-reply:${id}`,
];

/** A run cancelled when the oracle is asked about the second change: one replay is scored, one begun, one not begun. */
export const interruptedRun = async (script: Script = {}, request: Partial<RunRequest> = {}) => {
  let cancels = true;
  const at: OwnersRig = await ownersRig({
    ...script,
    oracle: async (asked, secrets) => {
      if (cancels && asked.pr.id === '2') await at.fail(runId);
      return script.oracle?.(asked, secrets);
    },
  });
  const runId = await at.start(request);
  await at.pump();
  cancels = false;
  return { ...at, runId };
};
