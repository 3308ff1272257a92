import { and, asc, eq, isNotNull } from 'drizzle-orm';
import type { Audit, AuditProgress, SampledLabel } from '#contracts/audit.ts';
import type { Executor } from '#db/client.ts';
import { verificationAuditLabels } from '#db/schema/audits.ts';
import type { AuditRow } from './own-audit.ts';

const recordOf = ({
  certificateId,
  certificateDigest,
  size,
  begunAt,
  finishedAt,
  closedAt,
  result,
}: AuditRow) => ({
  certificateId,
  certificateDigest,
  size,
  begunAt: begunAt.toISOString(),
  finishedAt: finishedAt?.toISOString() ?? null,
  closedAt: closedAt?.toISOString() ?? null,
  result,
});

/** The sample of an audit in its order, with the labels given so far. */
export const sampledLabelsOf = async (db: Executor, auditId: string): Promise<SampledLabel[]> => {
  const rows = await db
    .select()
    .from(verificationAuditLabels)
    .where(eq(verificationAuditLabels.auditId, auditId))
    .orderBy(asc(verificationAuditLabels.position));
  return rows.map(({ groundTruthId, claimId, supported, inclusionProbability, label, labelledAt }) => ({
    groundTruthId,
    claimId,
    supported,
    inclusionProbability,
    label,
    labelledAt: labelledAt?.toISOString() ?? null,
  }));
};

/** As anyone may read it: until it is finished only that it was begun. */
export const presentAudit = async (db: Executor, audit: AuditRow): Promise<Audit> => ({
  ...recordOf(audit),
  labels: audit.finishedAt === null ? null : await sampledLabelsOf(db, audit.id),
});

/** As its owner sees it. */
export const presentProgress = async (db: Executor, audit: AuditRow): Promise<AuditProgress> => ({
  ...recordOf(audit),
  labelled: await db.$count(
    verificationAuditLabels,
    and(eq(verificationAuditLabels.auditId, audit.id), isNotNull(verificationAuditLabels.label)),
  ),
});
