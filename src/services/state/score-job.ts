import type { Job } from '#queue/jobs.ts';

/** The job that takes a replay up. Runs take turns, however many replays each has. */
export const scoreJob = (
  runId: string,
  { id, position }: { id: string; position: number },
): Extract<Job, { name: 'score-replay' }> => ({
  name: 'score-replay',
  data: { runId, replayId: id },
  priority: -position,
});
