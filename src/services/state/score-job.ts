import type { Job } from '#queue/jobs.ts';

/** The job that scores a replay. Its priority lets runs take turns, however many replays each has. */
export const scoreJob = (
  runId: string,
  { id, position }: { id: string; position: number },
): Extract<Job, { name: 'score-replay' }> => ({
  name: 'score-replay',
  data: { runId, replayId: id },
  priority: -position,
});
