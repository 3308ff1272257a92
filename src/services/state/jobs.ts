import { type SQL, sql } from 'drizzle-orm';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Job } from '#queue/jobs.ts';

/** The provider of a run's judge, of a row of `verification_runs`. */
export const judgeOfRun: SQL<JudgeProvider> = sql`${verificationRuns.config} #>> '{judge,provider}'`;

/** A run whose jobs are put on the queue. */
type Asked = Pick<typeof verificationRuns.$inferSelect, 'id' | 'stranger'>;

/** The job that reads a run's repository. Its priority lets users take turns. */
export const ingestJob = ({ id, stranger, turn }: Asked & { turn: number }): Job => ({
  name: 'ingest-run',
  data: { runId: id },
  stranger,
  priority: -turn,
});

/** The job that scores a replay. Its priority lets users and their runs take turns, however many replays each has. */
export const scoreJob = (
  run: Asked & { judge: JudgeProvider },
  { id, turn }: { id: string; turn: number },
): Job => ({
  name: 'score-replay',
  data: { runId: run.id, replayId: id },
  judge: run.judge,
  stranger: run.stranger,
  priority: -turn,
});

export const certifyJob = (run: Asked & { judge: JudgeProvider }): Job => ({
  name: 'certify-run',
  data: { runId: run.id },
  judge: run.judge,
  stranger: run.stranger,
});
