import { type JudgeProvider, judgeProviders, modelJudges } from '#contracts/judge-providers.ts';
import { type Job, type JobName, jobPayloads } from './jobs.ts';

export const jobNames = Object.keys(jobPayloads) as JobName[];

/** Jobs that need a model's key have a queue for each provider: a worker listens to those whose key it has. */
const queueFor = (name: JobName, judge: JudgeProvider | undefined): string =>
  modelJudges.some(({ provider }) => provider === judge) ? `${name}.${judge}` : name;

export const queueOf = ({ name, judge }: Pick<Job, 'name' | 'judge'>): string => queueFor(name, judge);

/** The jobs for which a judge is asked, or its prompts are read. */
const judgedJobs: readonly JobName[] = ['score-replay', 'certify-run'];

/** A kind's queues that a worker with these judges takes jobs from. */
export const queuesFor = (name: JobName, judges: readonly JudgeProvider[]): string[] => [
  ...new Set([name, ...(judgedJobs.includes(name) ? judges.map((judge) => queueFor(name, judge)) : [])]),
];

/** All queues of a kind. */
export const queuesOf = (name: JobName): string[] => queuesFor(name, judgeProviders);

/**
 * What is added to the priority of a job that is not a stranger's: it lies above all of strangers', and slots can be kept
 * for either by a bound on the priority.
 */
export const ownPriority = 2 ** 30;

/**
 * Who may take how many of a worker's slots. A fifth is kept from strangers and two fifths are for nobody else; the rest
 * takes strangers' jobs last. One stranger has at most a fifth. A worker with one or two slots divides nothing.
 */
export const divided = (slots: number) => {
  const part = slots < 3 ? 0 : Math.max(1, Math.floor(slots / 5));
  const strangers = slots < 5 ? part : 2 * part;
  return { kept: part, strangers, shared: slots - part - strangers, ofOneStranger: Math.max(1, part) };
};

/** Whether strangers' jobs can be on it: a model's calls cost money, which is spent for the owner and listed accounts. */
export const isForStrangers = (name: JobName, queue: string): boolean => queue === name;

/** Where pg-boss puts a queue's jobs that are out of tries. */
export const deadQueueOf = (queue: string) => `${queue}.dead`;

/** How long one try of a job may take, in seconds. After that another worker gets it. */
const expireInSeconds: Record<JobName, number> = {
  // Cloning a large repository.
  'ingest-run': 2 * 60 * 60,
  // A judge may be told to wait again and again.
  'score-replay': 60 * 60,
  'certify-run': 30 * 60,
  // A person waits.
  'answer-inquiry': 2 * 60,
  'sign-log': 60,
};

/**
 * Every lost lease uses up a try, so there must be many: a killed or restarted worker is not the job's fault, and errors
 * are counted with the work itself. A hundred still end a job that kills its worker every time.
 */
const retries = { retryLimit: 100, retryDelay: 1, retryBackoff: true, retryDelayMax: 15 };

/** pg-boss's minimum. A worker refreshes it at half this time, so a killed one is noticed after 5 to 10 s. */
const heartbeatSeconds = 10;

/** The settings of one of a kind's queues. */
export const queueOptions = (name: JobName, queue: string) => ({
  ...retries,
  heartbeatSeconds,
  expireInSeconds: expireInSeconds[name],
  // A finished job's row is of no use: the run's state is in its own tables.
  deleteAfterSeconds: 60 * 60,
  // Postgres wakes the workers at the commit. Polling is for missed notifications.
  notify: true,
  deadLetter: deadQueueOf(queue),
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
