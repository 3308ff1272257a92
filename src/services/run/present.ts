import type { Run } from '#contracts/run.ts';
import type { verificationRuns } from '#db/schema/runs.ts';

/** A run as its owner sees it. An error noted by an attempt that is still being repeated is not shown. */
export const presentRun = (row: typeof verificationRuns.$inferSelect): Run => ({
  runId: row.id,
  status: row.status,
  progress: row.progress,
  total: row.total,
  constructId: row.constructId,
  repoUrl: row.repoUrl,
  error: row.status === 'FAILED' ? row.error : null,
  activity: row.status === 'INGESTING' ? row.activity : null,
  certificateId: row.certificateId,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  judge: row.config.judge.provider,
  sample: row.config.source.kind === 'sample',
});
