import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { judgeProviders } from '#contracts/judge-providers.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import type { Job } from './jobs.ts';
import { openSender } from './pg-boss.ts';
import { type WorkOptions, workQueues } from './work.ts';

const nothing = async () => {};
const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** A database with a sender and, once `work` is called, a worker. All end with the test. */
const open = async () => {
  const { databaseUrl, db, sql, close } = await testDatabase();
  const { sender, close: closeSender } = openSender(db);
  const closing: (() => Promise<unknown>)[] = [closeSender, close];
  onTestFinished(async () => {
    for (const end of closing) await end();
  });
  return {
    databaseUrl,
    db,
    sql,
    sender,
    work: async (options: Partial<WorkOptions>) => {
      const worker = await workQueues({
        judges: judgeProviders,
        databaseUrl,
        handlers: handlersWith({}),
        deadLetter: nothing,
        periodic: {},
        logger: silent,
        ...options,
      });
      closing.unshift(() => worker.stop(1_000));
      return worker;
    },
  };
};

const ingest = () => ({ name: 'ingest-run', data: { runId: randomUUID() } }) satisfies Job;
const score = () =>
  ({ name: 'score-replay', data: { runId: randomUUID(), replayId: randomUUID() } }) satisfies Job;
const handlersWith = (changed: Partial<WorkOptions['handlers']>) => ({
  'ingest-run': nothing,
  'score-replay': nothing,
  'certify-run': nothing,
  'answer-inquiry': nothing,
  'sign-log': nothing,
  ...changed,
});

test('a rollback drops the job of its transaction, and a commit promises it', async () => {
  const { db, sql, sender, work } = await open();
  const [dropped, promised] = [ingest(), ingest()];
  const seen: unknown[] = [];
  await work({ handlers: handlersWith({ 'ingest-run': async (data) => void seen.push(data) }) });
  await expect(
    db.transaction(async (transaction) => {
      await sender.enqueue(transaction, [dropped]);
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  await db.transaction((transaction) => sender.enqueue(transaction, [promised]));
  await expect.poll(() => seen).toEqual([promised.data]);
  const queued = await sql`select data from pgboss.job where name = 'ingest-run'`;
  expect(queued.map(({ data }) => data)).toEqual([promised.data]);
});

test('a job starts when the worker hears of its commit, not at the next poll of the queue', async () => {
  const { db, sender, work } = await open();
  const hour = 3_600;
  let started = Promise.withResolvers<string>();
  await work({
    lookEverySeconds: { beside: hour, without: hour },
    concurrency: { 'ingest-run': 1 },
    handlers: handlersWith({ 'ingest-run': async ({ runId }) => started.resolve(runId) }),
  });
  // The worker may find the first job as it starts. It already waits for the later ones.
  for (const job of [ingest(), ingest(), ingest()]) {
    started = Promise.withResolvers();
    await db.transaction(async (transaction) => {
      await transaction.execute('select 1');
      await sender.enqueue(transaction, [job]);
    });
    expect(await started.promise).toBe(job.data.runId);
  }
});

test('jobs of one run are done at the same time, never more than allowed, and each once', async () => {
  const { db, sender, work } = await open();
  // A model's judge: no slots of its queue are kept for others.
  const jobs = Array.from({ length: 40 }, () => ({ ...score(), judge: 'anthropic' as const }));
  const seen: string[] = [];
  let active = 0;
  let most = 0;
  const allAtWork = Promise.withResolvers<void>();
  await work({
    concurrency: { 'score-replay': 8 },
    handlers: handlersWith({
      'score-replay': async ({ replayId }) => {
        active += 1;
        most = Math.max(most, active);
        if (active === 8) allAtWork.resolve();
        await allAtWork.promise;
        await sleep(20);
        seen.push(replayId);
        active -= 1;
      },
    }),
  });
  await sender.enqueue(db, jobs);
  await expect.poll(() => seen.length).toBe(40);
  expect(new Set(seen).size).toBe(40);
  expect(most).toBe(8);
});

test('a worker leaves jobs whose judge it does not have to one that has it', async () => {
  const { db, sender, work } = await open();
  const [paid, free] = [
    { ...score(), judge: 'anthropic' as const },
    { ...score(), judge: 'offline' as const },
  ];
  const done: [string, string][] = [];
  const noting = (who: string) =>
    handlersWith({ 'score-replay': async ({ runId }) => void done.push([who, runId]) });
  await work({ judges: ['offline'], handlers: noting('without the key') });
  await sender.enqueue(db, [paid, free]);
  await expect.poll(() => done).toEqual([['without the key', free.data.runId]]);
  await work({ judges: judgeProviders, handlers: noting('with the key') });
  await expect.poll(() => done).toContainEqual(['with the key', paid.data.runId]);
  expect(done).toHaveLength(2);
});

test('a worker without judges, whose engine is off, does no job', async () => {
  const { db, sender, sql, work } = await open();
  await work({
    judges: [],
    handlers: handlersWith({ 'ingest-run': () => Promise.reject(new Error('It was done.')) }),
  });
  await sender.enqueue(db, [ingest(), score(), { name: 'certify-run', data: { runId: randomUUID() } }]);
  // A worker hears of a commit at once, and looks every two seconds.
  await sleep(3_000);
  const rows = await sql`select distinct state::text from pgboss.job`;
  expect(rows.map(({ state }) => state)).toEqual(['created']);
});

test('a job whose handler throws is tried again', async () => {
  const { db, sender, work } = await open();
  let attempts = 0;
  await work({
    handlers: handlersWith({
      'certify-run': async () => {
        attempts += 1;
        if (attempts === 1) throw new Error('the first time');
      },
    }),
  });
  await sender.enqueue(db, [{ name: 'certify-run', data: { runId: randomUUID() } }]);
  await expect.poll(() => attempts).toBe(2);
});

test('a job without tries left goes to the dead letter handler until that succeeds', async () => {
  const { db, sql, sender, work } = await open();
  const job = score();
  await sender.enqueue(db, [job]);
  await sql`update pgboss.job set retry_limit = 0 where name = 'score-replay'`;
  const letters: Job[] = [];
  await work({
    handlers: handlersWith({
      'score-replay': async () => {
        throw new Error('always');
      },
    }),
    deadLetter: async (letter) => {
      letters.push(letter);
      if (letters.length === 1) throw new Error('the database was away');
    },
  });
  await expect.poll(() => letters).toEqual([job, job]);
});

test('no part of a failed job’s error stays in the queue', async () => {
  const { db, sql, sender, work } = await open();
  await work({
    handlers: handlersWith({
      'ingest-run': async () => {
        throw new Error('token ghp_planted');
      },
    }),
  });
  await sender.enqueue(db, [ingest()]);
  const failed = async () =>
    (await sql`select output from pgboss.job where retry_count >= 0 and output is not null`)[0];
  await expect.poll(failed).toBeDefined();
  expect(JSON.stringify(await failed())).not.toContain('planted');
});

test('a worker that stops asks its jobs to end and gives back those that do not', async () => {
  const { db, sender, work } = await open();
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const asked: string[] = [];
  const first = await work({
    handlers: handlersWith({
      'ingest-run': (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            asked.push('ingest-run');
            resolve();
          });
          begun[0].resolve();
        }),
      'certify-run': () => {
        begun[1].resolve();
        return new Promise(() => {});
      },
    }),
  });
  const stubborn: Job = { name: 'certify-run', data: { runId: randomUUID() } };
  await sender.enqueue(db, [ingest(), stubborn]);
  await Promise.all(begun.map(({ promise }) => promise));
  // It returns although one of the two never ends.
  await first.stop(1_500);
  expect(asked).toEqual(['ingest-run']);

  const again: unknown[] = [];
  await work({
    handlers: handlersWith({
      'ingest-run': async () => void again.push('ingest-run'),
      'certify-run': async (data) => void again.push(data),
    }),
  });
  await expect.poll(() => again).toEqual([stubborn.data]);
});

test('only one of many workers at a time does a periodic task', async () => {
  const { work } = await open();
  let active = 0;
  let most = 0;
  let turns = 0;
  const task = async () => {
    active += 1;
    most = Math.max(most, active);
    await sleep(100);
    turns += 1;
    active -= 1;
  };
  await Promise.all([work({ periodic: { task }, periodMs: 20 }), work({ periodic: { task }, periodMs: 20 })]);
  await expect.poll(() => turns).toBeGreaterThan(3);
  expect(most).toBe(1);
});

test('a periodic task that hangs or fails delays no other, and a failure is logged and tried again', async () => {
  const { work } = await open();
  const errors: object[] = [];
  let turns = 0;
  let failures = 0;
  let release = () => {};
  await work({
    logger: { ...silent, error: (fields) => void errors.push(fields) },
    periodMs: 20,
    periodic: {
      hanging: () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
      failing: async () => {
        failures += 1;
        throw new Error('The API is away.');
      },
      sweep: async () => {
        turns += 1;
      },
    },
  });
  await expect.poll(() => Math.min(turns, failures)).toBeGreaterThan(3);
  expect(errors[0]).toEqual({ task: 'failing', error: 'The API is away.' });
  release();
});
