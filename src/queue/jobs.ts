import { z } from 'zod';
import type { JudgeProvider } from '#contracts/judge-providers.ts';

/**
 * The trace that a job belongs to, in W3C Trace Context form (version 00). A malformed one is dropped: a job never fails
 * because of its trace.
 */
const traceparent = z
  .string()
  .regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
  .optional()
  .catch(undefined);

/** A job's payload is ids only: the database has the truth, and secrets never enter a queue. */
export const jobPayloads = {
  'ingest-run': z.object({ runId: z.uuid(), traceparent }),
  'score-replay': z.object({ runId: z.uuid(), replayId: z.uuid(), traceparent }),
  'answer-inquiry': z.object({ inquiryId: z.uuid(), traceparent }),
  'certify-run': z.object({ runId: z.uuid(), traceparent }),
  /** The subject of an entry of the log that no signed checkpoint holds yet. */
  'sign-log': z.object({ subject: z.uuid(), traceparent }),
} as const;

export type JobName = keyof typeof jobPayloads;
export type Job = {
  [Name in JobName]: {
    name: Name;
    data: z.infer<(typeof jobPayloads)[Name]>;
    /** Only workers that have this judge take the job. Without one, any worker does. */
    judge?: JudgeProvider;
    /**
     * Who a stranger's job is done for: the network or user whose jobs together take at most a part of a worker's slots.
     * Without it the job is the installation's own, an owner's or a listed account's.
     */
    stranger?: string | null;
    /**
     * A queue's jobs are taken from the highest to the lowest, those of strangers after all others. At most 0, and 0 by
     * default.
     */
    priority?: number;
    /** How long the job must wait before it starts, in milliseconds. It holds no worker meanwhile. */
    afterMs?: number;
  };
}[JobName];
