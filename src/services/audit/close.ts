import { and, eq, exists, isNull, or, sql } from 'drizzle-orm';
import { verificationAuditLabels, verificationAudits } from '#db/schema/audits.ts';
import { verificationReplays } from '#db/schema/replays.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { ServiceContext } from '../ground/context.ts';
import { eachByItself } from '../ground/each-by-itself.ts';
import { isOpen, isPrivate, keptIds, publishedReplays } from './own-audit.ts';
import { sampledLabelsOf } from './present.ts';

const auditsPerTurn = 100;

/**
 * Closes audits that were begun and can never be finished: a claim has no label, and its replay or change was deleted after
 * its retention. An audit keeps nothing from being deleted, or anybody could keep it for good.
 */
export const closeAudits = async (context: Pick<ServiceContext, 'db' | 'log' | 'now'>): Promise<void> => {
  const { db, now } = context;
  const hasErased = exists(
    db
      .select({ id: verificationReplays.id })
      .from(verificationReplays)
      .where(
        and(
          eq(verificationReplays.runId, verificationRuns.id),
          eq(verificationReplays.state, 'ended'),
          isNull(verificationReplays.groundTruthDigest),
        ),
      ),
  );
  const hasUnlabelled = exists(
    db
      .select({ position: verificationAuditLabels.position })
      .from(verificationAuditLabels)
      .where(
        and(
          eq(verificationAuditLabels.auditId, verificationAudits.id),
          isNull(verificationAuditLabels.label),
        ),
      ),
  );
  const lacking = await db
    .select({
      id: verificationAudits.id,
      certificateId: verificationAudits.certificateId,
      runId: verificationRuns.id,
    })
    .from(verificationAudits)
    .innerJoin(verificationRuns, eq(verificationRuns.certificateId, verificationAudits.certificateId))
    // Pruning clears the draw.
    .where(and(isOpen, hasUnlabelled, or(isNull(verificationRuns.draw), hasErased)))
    // Those that can still be finished stay among them, and must keep no others from their turn.
    .orderBy(sql`random()`)
    .limit(auditsPerTurn);
  await eachByItself(context, lacking, {
    about: ({ id }) => ({ auditId: id }),
    work: async ({ id, certificateId, runId }) => {
      const kept = keptIds(await publishedReplays(db, runId, await isPrivate(db, certificateId)));
      const sample = await sampledLabelsOf(db, id);
      if (sample.every(({ label, groundTruthId }) => label !== null || kept.has(groundTruthId))) return;
      await db
        .update(verificationAudits)
        .set({ closedAt: now() })
        .where(and(eq(verificationAudits.id, id), isOpen));
    },
  });
};
