import { asc, eq } from 'drizzle-orm';
import type { RunRequest } from '#contracts/run.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { createRun } from '#services/run/create.ts';
import { getRun } from '#services/run/get.ts';
import type { Script } from './scripted-engine.ts';
import { runRequest, testWorkbench } from './workbench.ts';

/** A workbench with this script, and a run that was just accepted. */
export const startedRun = async (script: Script = {}, request: Partial<RunRequest> = {}) => {
  const workbench = await testWorkbench(script);
  const { db, context } = workbench;
  const owner = await workbench.user();
  const { runId } = await createRun(context, owner, runRequest(request));
  return {
    ...workbench,
    owner,
    runId,
    run: () => getRun(context, owner, runId),
    replays: () =>
      db
        .select()
        .from(verificationReplays)
        .where(eq(verificationReplays.runId, runId))
        .orderBy(asc(verificationReplays.position)),
  };
};
