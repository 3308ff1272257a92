import { z } from 'zod';

/** A job's payload is ids only: what is true stands in the database, and secrets never enter a queue. */
export const jobPayloads = {
  'ingest-run': z.object({ runId: z.uuid() }),
  'score-replay': z.object({ runId: z.uuid(), replayId: z.uuid() }),
  'certify-run': z.object({ runId: z.uuid() }),
} as const;

export type JobName = keyof typeof jobPayloads;
export type Job = { [Name in JobName]: { name: Name; data: z.infer<(typeof jobPayloads)[Name]> } }[JobName];
