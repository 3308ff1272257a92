import { and, eq, inArray, lt, ne, notExists } from 'drizzle-orm';
import { groundTruthRecords, groundTruthSnapshots } from '#db/schema/ground-truths.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { ServiceContext } from '../ground/context.ts';
import { publicScope } from '../ground/ground-truth.ts';
import { openStatuses } from '../state/transitions.ts';
import { deletionTime } from './deletion-time.ts';

/** How long the text of a private repository's changes is kept after a run last read it. */
export const privateRetentionMs = 30 * 24 * 60 * 60_000;

/**
 * Erases the text of private repositories after their retention, once no run works on it. Scores and counts stay.
 */
export const erasePrivateGroundTruths = async (
  context: Pick<ServiceContext, 'db' | 'log' | 'readClocks'>,
): Promise<void> => {
  const { db } = context;
  const at = await deletionTime(context);
  if (at === null) return;
  const before = new Date(at.getTime() - privateRetentionMs);
  const isOpen = inArray(verificationRuns.status, openStatuses);
  await db.delete(groundTruthRecords).where(
    and(
      ne(groundTruthRecords.scope, publicScope),
      lt(groundTruthRecords.createdAt, before),
      notExists(
        db
          .select({ id: verificationReplays.id })
          .from(verificationReplays)
          .innerJoin(verificationRuns, eq(verificationRuns.id, verificationReplays.runId))
          .where(and(eq(verificationReplays.groundTruthDigest, groundTruthRecords.digest), isOpen)),
      ),
    ),
  );
  await db.delete(groundTruthSnapshots).where(
    and(
      ne(groundTruthSnapshots.scope, publicScope),
      lt(groundTruthSnapshots.createdAt, before),
      notExists(
        db
          .select({ id: verificationRuns.id })
          .from(verificationRuns)
          .where(and(eq(verificationRuns.snapshotDigest, groundTruthSnapshots.digest), isOpen)),
      ),
    ),
  );
};
