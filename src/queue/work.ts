import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss, type WorkOptions as SlotOptions } from 'pg-boss';
import type { z } from 'zod';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import { bounds, connect } from '#db/connect.ts';
import { messageOf } from '#db/message-of.ts';
import { isDatabaseUnavailable, reportOutage, saysUnavailable, tookTooLong } from '#db/unavailable.ts';
import { type Job, type JobName, jobPayloads } from './jobs.ts';
import {
  deadQueueOf,
  divided,
  isForStrangers,
  jobNames,
  ownPriority,
  queuesFor,
  queuesOf,
} from './queues.ts';

type Payload<Name extends JobName> = z.infer<(typeof jobPayloads)[Name]>;

/**
 * Does one kind of job. If a handler throws, its job is tried again. `signal` cuts off what is under way; `stopping` asks
 * to finish the call under way and begin no other.
 */
export type JobHandlers = {
  [Name in JobName]: (data: Payload<Name>, signal: AbortSignal, stopping?: AbortSignal) => Promise<void>;
};

/** The part of a pino logger that is used here. */
type Logger = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

export type WorkOptions = {
  databaseUrl: string;
  handlers: JobHandlers;
  /** The judges that this worker has. With none it does no jobs, only what remains of those that are out of tries. */
  judges: readonly JudgeProvider[];
  /** Called for each job that is out of tries, until it returns. */
  deadLetter: (job: Job) => Promise<void>;
  /** Each runs about every 15 s, in one of the database's workers at a time, independent of the others. */
  periodic: Record<string, () => Promise<void>>;
  logger: Logger;
  /** How many jobs of a kind this process does side by side. */
  concurrency?: Partial<Record<JobName, number>>;
  periodMs?: number;
  /** How often a queue is looked at: beside Postgres's notifications, and where none can be heard. */
  lookEverySeconds?: { beside: number; without: number };
};

const defaultConcurrency: Record<JobName, number> = {
  'ingest-run': 5,
  'score-replay': 20,
  'certify-run': 3,
  'answer-inquiry': 10,
  'sign-log': 3,
};

/** The first of two lock keys; the second is the task's. Any constant serves, as long as all workers use this one. */
const periodicLock = 402_073_691;

/** The job's ids, for the log. */
const idsOf = (data: object) => ({
  ...('runId' in data ? { runId: data.runId } : {}),
  ...('replayId' in data ? { replayId: data.replayId } : {}),
  ...('inquiryId' in data ? { inquiryId: data.inquiryId } : {}),
  ...('subject' in data ? { subject: data.subject } : {}),
});

/** What pg-boss passes on to node-postgres, which its types leave out. */
const boundedPool = {
  connectionTimeoutMillis: bounds.connectMs,
  statement_timeout: bounds.statementMs,
  query_timeout: bounds.silenceMs,
  keepAlive: true,
  keepAliveInitialDelayMillis: bounds.keepAliveMs,
};

/**
 * The connection that holds the locks of the periodic tasks. Its heartbeat is for the server: it ends a session that
 * says nothing, because the locks of a worker that is gone would stop the tasks of all others.
 */
const lockHeartbeatMs = 5_000;
const lockSessionMs = 30_000;

/** The slots of one queue, by whose jobs they take. */
const slotsOf = (name: JobName, queue: string, slots: number): SlotOptions[] => {
  const { kept, strangers, shared, ofOneStranger } = divided(slots);
  if (!isForStrangers(name, queue) || kept === 0) return [{ localConcurrency: slots }];
  // pg-boss counts a stranger's jobs over all slots of the queue that have this bound.
  const takesStrangers = { localGroupConcurrency: ofOneStranger };
  const leastOwn = ownPriority / 2;
  return [
    { localConcurrency: kept, minPriority: leastOwn },
    { localConcurrency: shared, ...takesStrangers },
    { localConcurrency: strangers, maxPriority: leastOwn - 1, ...takesStrangers },
  ];
};

/** How often the slots are looked at, to learn when one took its last turn. */
const watchTurnsMs = 2_000;

export type Queues = {
  stop: (graceMs?: number) => Promise<void>;
  /** How long ago a slot last looked for a job, in milliseconds. It grows without end only in a worker that is stuck. */
  sinceTurnMs: () => number;
};

/** How long a job has to hand itself back after it was cut off at the end of the grace period. */
const handBackMs = 1_500;

/**
 * Works on every queue until `stop`. That takes no more jobs, lets calls under way finish for at most `graceMs`, then cuts
 * them off and hands back the jobs that did not end, for another worker to take up.
 */
export const workQueues = async ({
  databaseUrl,
  handlers,
  judges,
  deadLetter,
  periodic,
  logger,
  concurrency = {},
  periodMs = 15_000,
  lookEverySeconds = { beside: 2, without: 1 },
}: WorkOptions): Promise<Queues> => {
  const stopping = new AbortController();
  const outOfTime = new AbortController();
  const boss = new PgBoss({
    connectionString: databaseUrl,
    ...boundedPool,
    max: 6,
    schedule: false,
    migrate: false,
    createSchema: false,
    useListenNotify: true,
    // The defaults are 60 s: with them a killed worker would be noticed after a minute or two.
    superviseIntervalSeconds: 2,
    monitorIntervalSeconds: 2,
  });
  boss.on('error', (error) => {
    // The queue's own statements are small. If one takes too long, the database is at fault.
    if (saysUnavailable(error) || tookTooLong(error)) reportOutage(logger, error);
    else logger.error({ error: error.message }, 'The job queue failed and will try again');
  });
  boss.on('warning', ({ message }) => logger.warn({ warning: message }, 'Warning from the job queue'));

  /** Slots that become free look for the next job at once, not at the next poll. pg-boss does not say which one it is. */
  const wakeBusy = (queue: string) => {
    for (const slot of boss.getWipData())
      if (slot.name === queue && slot.count > 0) boss.notifyWorker(slot.id);
  };

  const workSlots = async (
    queue: string,
    options: SlotOptions,
    work: (data: object, signal: AbortSignal, stopping: AbortSignal) => Promise<void>,
  ) => {
    await boss.work<object>(
      queue,
      {
        ...options,
        pollingIntervalSeconds: lookEverySeconds.without,
        notifyPollingIntervalSeconds: lookEverySeconds.beside,
        heartbeatRefreshSeconds: 4,
      },
      async ([job]) => {
        if (job === undefined) return;
        try {
          await work(job.data, AbortSignal.any([job.signal, outOfTime.signal]), stopping.signal);
        } catch (error) {
          if (isDatabaseUnavailable(error)) reportOutage(logger, error);
          else if (!stopping.signal.aborted) {
            logger.warn(
              {
                queue,
                job: job.id,
                ...idsOf(job.data),
                attempt: job.retryCount + 1,
                error: messageOf(error),
              },
              'A job failed and will be tried again',
            );
          }
          // pg-boss stores what is thrown. The reason belongs in the log.
          throw new Error('The job failed.');
        } finally {
          wakeBusy(queue);
        }
      },
    );
  };

  const workOn = async <Name extends JobName>(name: Name) => {
    const parse = (data: object) => jobPayloads[name].parse(data) as Payload<Name>;
    const slots = concurrency[name] ?? defaultConcurrency[name];
    for (const queue of judges.length === 0 ? [] : queuesFor(name, judges))
      for (const options of slotsOf(name, queue, slots))
        await workSlots(queue, options, (data, signal, soft) => handlers[name](parse(data), signal, soft));
    for (const queue of queuesOf(name))
      await workSlots(deadQueueOf(queue), {}, async (data) => {
        logger.error({ queue, ...data }, 'A job is out of tries');
        await deadLetter({ name, data: parse(data) } as Job);
      });
  };

  // Its own connection: advisory locks belong to the session, and end with it if this process is killed.
  const sql = connect(databaseUrl, {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connection: { idle_session_timeout: lockSessionMs },
  });
  const lockHeartbeat = setInterval(() => void sql`select 1`.catch(() => {}), lockHeartbeatMs);
  const takeTurn = async (task: string, work: () => Promise<void>) => {
    try {
      const [lock] = await sql<
        { taken: boolean }[]
      >`select pg_try_advisory_lock(${periodicLock}::int, hashtext(${task})) as taken`;
      if (!lock?.taken) return;
      try {
        await work();
      } finally {
        await sql`select pg_advisory_unlock(${periodicLock}::int, hashtext(${task}))`;
      }
    } catch (error) {
      if (isDatabaseUnavailable(error) || saysUnavailable(error)) reportOutage(logger, error);
      else logger.error({ task, error: messageOf(error) }, 'A periodic task failed and will be tried again');
    }
  };
  const takeTurns = async (task: string, work: () => Promise<void>) => {
    while (!stopping.signal.aborted) {
      await takeTurn(task, work);
      // Ends early if the worker stops.
      await sleep(periodMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };

  try {
    await boss.start();
    for (const name of jobNames) await workOn(name);
  } catch (error) {
    clearInterval(lockHeartbeat);
    await boss.stop({ graceful: false });
    await sql.end({ timeout: 1 });
    throw error;
  }
  const turns = Promise.all(Object.entries(periodic).map(([task, work]) => takeTurns(task, work)));

  // By this process's own clock, which nobody sets: pg-boss only says when by the wall clock.
  let [lastTurn, lastTurnAt] = [0, performance.now()];
  const watchingTurns = setInterval(() => {
    const turn = Math.max(
      ...boss
        .getWipData()
        .flatMap(({ lastFetchedOn, lastErrorOn }) => [lastFetchedOn ?? 0, lastErrorOn ?? 0]),
    );
    if (turn === lastTurn) return;
    [lastTurn, lastTurnAt] = [turn, performance.now()];
  }, watchTurnsMs);

  return {
    sinceTurnMs: () => performance.now() - lastTurnAt,
    stop: async (graceMs = 20_000) => {
      stopping.abort(new Error('The worker is stopping.'));
      const cutOff = setTimeout(
        () => outOfTime.abort(new Error('The worker is stopping.')),
        Math.max(0, graceMs - handBackMs),
      );
      await boss.stop({ graceful: true, timeout: graceMs });
      clearTimeout(cutOff);
      outOfTime.abort(new Error('The worker has stopped.'));
      await Promise.race([turns, sleep(2_000, undefined, { ref: false })]);
      clearInterval(lockHeartbeat);
      clearInterval(watchingTurns);
      await sql.end({ timeout: 1 });
    },
  };
};
