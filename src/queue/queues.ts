import { type JobName, jobPayloads } from './jobs.ts';

export const jobNames = Object.keys(jobPayloads) as JobName[];

/** Where pg-boss puts a queue's jobs that are out of tries. */
export const deadQueueOf = (name: JobName) => `${name}.dead`;

/** How long one try of a job may take, in seconds. After that another worker gets it. */
const expireInSeconds: Record<JobName, number> = {
  // Cloning a large repository.
  'ingest-run': 2 * 60 * 60,
  // A judge may be told to wait again and again.
  'score-replay': 60 * 60,
  'certify-run': 30 * 60,
  // A person waits.
  'answer-inquiry': 2 * 60,
};

/**
 * Every lost lease uses up a try, so there must be many: a killed or restarted worker is not the job's fault, and errors
 * are counted with the work itself. A hundred still end a job that kills its worker every time.
 */
const retries = { retryLimit: 100, retryDelay: 1, retryBackoff: true, retryDelayMax: 15 };

/** pg-boss's minimum. A worker refreshes it at half this time, so a killed one is noticed after 5 to 10 s. */
const heartbeatSeconds = 10;

export const queueOptions = (name: JobName) => ({
  ...retries,
  heartbeatSeconds,
  expireInSeconds: expireInSeconds[name],
  // A finished job's row is of no use: the run's state is in its own tables.
  deleteAfterSeconds: 60 * 60,
  // Postgres wakes the workers at the commit. Polling is for missed notifications.
  notify: true,
  deadLetter: deadQueueOf(name),
});

/** A dead letter is tried until it succeeds, because it ends the replay or the run. */
export const deadQueueOptions = {
  retryLimit: 1_000,
  retryDelay: 2,
  retryBackoff: true,
  retryDelayMax: 60,
  heartbeatSeconds,
  expireInSeconds: 10 * 60,
  deleteAfterSeconds: 60 * 60,
  notify: true,
};
