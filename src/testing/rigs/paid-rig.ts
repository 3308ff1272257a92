import type { RunRequest } from '#contracts/run-request.ts';
import { judgeSpend } from '#db/schema/judge-spend.ts';
import { ownersWorkbench } from './owners-rig.ts';
import type { Script } from './scripted-engine.ts';

/** An owner's workbench whose runs are judged by the paid judge, and what is booked for its calls. */
export const paidWorkbench = async (script: Script = {}) => {
  const workbench = await ownersWorkbench(script);
  const start = (request: Partial<RunRequest> = {}) => workbench.start({ judge: 'anthropic', ...request });
  const booked = async () =>
    (await workbench.db.select().from(judgeSpend)).reduce((total, { costUsd }) => total + costUsd, 0);
  return { ...workbench, start, booked };
};
export type PaidWorkbench = Awaited<ReturnType<typeof paidWorkbench>>;
