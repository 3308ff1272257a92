import { type JobName, jobPayloads } from './jobs.ts';

export const jobNames = Object.keys(jobPayloads) as JobName[];

/** Where pg-boss puts the jobs of a queue that are out of retries. */
export const deadQueueOf = (name: JobName) => `${name}.dead`;

/** How long one attempt of a job may take, in seconds; a job that works longer is given to another worker. */
const expireInSeconds: Record<JobName, number> = {
  // Cloning a large repository.
  'ingest-run': 2 * 60 * 60,
  // A judge that is told again and again to wait.
  'score-replay': 60 * 60,
  'certify-run': 30 * 60,
};

/**
 * Every lost lease uses up a retry, so there must be many: workers that are killed or restarted are not the job's
 * fault, and errors are counted with the work itself. A hundred still end a job that kills its worker each time.
 */
const retries = { retryLimit: 100, retryDelay: 1, retryBackoff: true, retryDelayMax: 15 };

/** pg-boss's least. A worker refreshes it at half this time, so a killed one is noticed after 5 to 10 s. */
const heartbeatSeconds = 10;

export const queueOptions = (name: JobName) => ({
  ...retries,
  heartbeatSeconds,
  expireInSeconds: expireInSeconds[name],
  // A job's row is of no use once it is done: the run's state stands in its own tables.
  deleteAfterSeconds: 60 * 60,
  // Postgres wakes the workers at the commit; polling is what remains when a notification is missed.
  notify: true,
  deadLetter: deadQueueOf(name),
});

/** A dead letter is handled until that worked: it is what ends the replay or the run. */
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
