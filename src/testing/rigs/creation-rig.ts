import { eq } from 'drizzle-orm';
import type { RunRequest } from '#contracts/run-request.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Actor, InstallationPolicy, ServiceContext } from '#services/ground/index.ts';
import { createRun } from '#services/run/index.ts';
import { openPolicy, openRig, runRequest } from './engine-rig.ts';

/** An installation whose policy differs in this. */
export const withPolicy = (changes: Partial<InstallationPolicy>) => ({
  policy: { ...openPolicy, ...changes },
});

/** A rig with an owner who creates runs, for all tests of a file. The file closes it. */
export const openCreationRig = async () => {
  const rig = await openRig();
  const owner = await rig.user();
  const create = (
    changes: Partial<RunRequest> = {},
    { actor = owner, ...context }: Partial<ServiceContext> & { actor?: Actor } = {},
  ) => createRun({ ...rig.context, ...context }, actor, runRequest(changes));
  const storedRun = async (runId: string) => {
    const [row] = await rig.db.select().from(verificationRuns).where(eq(verificationRuns.id, runId));
    if (!row) throw new Error('The run is not stored.');
    return row;
  };
  return { ...rig, owner, create, storedRun };
};
export type CreationRig = Awaited<ReturnType<typeof openCreationRig>>;
