import type { Executor } from '#db/client.ts';
import type { Job } from './jobs.ts';

/** Puts jobs on the queue within the caller's transaction: a rollback drops them, a commit guarantees them. */
export type JobSender = {
  enqueue(transaction: Executor, jobs: Job[]): Promise<void>;
};
