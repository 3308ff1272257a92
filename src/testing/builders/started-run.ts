import type { RunRequest } from '#contracts/run-request.ts';
import { ownersRig } from '../rigs/owners-rig.ts';
import type { Script } from '../rigs/scripted-engine.ts';

/** A rig with this script and a newly accepted run. */
export const startedRun = async (script: Script = {}, request: Partial<RunRequest> = {}) => {
  const at = await ownersRig(script);
  const runId = await at.start(request);
  return { ...at, runId, run: () => at.run(runId), replays: () => at.replaysOf(runId) };
};
