import { eq, sql } from 'drizzle-orm';
import { verificationRuns } from '#db/schema/runs.ts';
import type { ServiceContext } from '../ground/context.ts';

/** Why a run ends whose replays would be judged by two versions of the prompts. */
export const judgedByTwoVersions =
  'The judge’s prompts were changed by an update since this run’s first replay was judged, and one certificate names one version. Retry the run: its ground truth is kept.';

/**
 * Holds a run to the prompts that its first replay is judged by; a resumed run to those of the run before it.
 * @param run its row, as it was read.
 * @returns whether `promptDigest` is theirs.
 */
export const holdToOneVersion = async (
  { db }: Pick<ServiceContext, 'db'>,
  run: { id: string; promptDigest: string | null },
  promptDigest: string,
): Promise<boolean> => {
  if (run.promptDigest !== null) return run.promptDigest === promptDigest;
  const [held] = await db
    .update(verificationRuns)
    .set({ promptDigest: sql`coalesce(${verificationRuns.promptDigest}, ${promptDigest})` })
    .where(eq(verificationRuns.id, run.id))
    .returning({ promptDigest: verificationRuns.promptDigest });
  return held?.promptDigest === promptDigest;
};
