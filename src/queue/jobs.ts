import { z } from 'zod';

/**
 * The trace that a job belongs to, as W3C Trace Context writes it (version 00). One that is malformed is dropped: no job
 * fails of its trace.
 */
const traceparent = z
  .string()
  .regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
  .optional()
  .catch(undefined);

/** A job's payload is ids only: what is true stands in the database, and secrets never enter a queue. */
export const jobPayloads = {
  'ingest-run': z.object({ runId: z.uuid(), traceparent }),
  'score-replay': z.object({ runId: z.uuid(), replayId: z.uuid(), traceparent }),
  'certify-run': z.object({ runId: z.uuid(), traceparent }),
} as const;

export type JobName = keyof typeof jobPayloads;
export type Job = {
  [Name in JobName]: {
    name: Name;
    data: z.infer<(typeof jobPayloads)[Name]>;
    /** Jobs of a queue are worked on from the highest to the lowest, 0 where nothing is said. */
    priority?: number;
    /** How long the job is not to be begun, in milliseconds: it waits for something and holds no worker meanwhile. */
    afterMs?: number;
  };
}[JobName];
