import type { RunRequest } from '#contracts/run-request.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { ownersRig } from './owners-rig.ts';
import type { Script } from './scripted-engine.ts';

/** An owner's rig whose runs use the paid judge, with the sum of what is booked for its calls. */
export const paidRig = async (script: Script = {}) => {
  const rig = await ownersRig(script);
  const start = (request: Partial<RunRequest> = {}) => rig.start({ judge: 'anthropic', ...request });
  const booked = async () =>
    (await rig.db.select().from(judgeSpend)).reduce((total, { costUsd }) => total + costUsd, 0);
  return { ...rig, start, booked };
};
export type PaidRig = Awaited<ReturnType<typeof paidRig>>;
