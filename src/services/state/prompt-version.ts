import { eq, sql } from 'drizzle-orm';
import { type JudgeIdentity, judgeOf } from '#contracts/judge-providers.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { ServiceContext } from '../ground/context.ts';

/** Why a run fails if two versions of the prompts would judge its replays. */
export const judgedByTwoVersions =
  'An update changed the judge’s prompts after this run’s first replay was judged, and a certificate names one version. Retry the run: its ground truth is kept.';

/** Why a run fails if the operator has moved its judge to another endpoint. */
export const judgedElsewhere = ({ provider }: Pick<JudgeIdentity, 'provider'>): string =>
  `${judgeOf(provider).model?.variables.url} names another endpoint than when this run was made, and a certificate names one. Set it as it was and resume the run, or start a new one.`;

/**
 * Ties a run to the prompts that judge its first replay, and a resumed run to those of the run before it.
 * @param run its row, as it was read.
 * @returns whether `promptDigest` is the one the run is tied to.
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
