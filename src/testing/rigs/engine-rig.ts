import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { onTestFinished } from 'vitest';
import { byProvider, judgeOf, judgeProviders } from '#contracts/judge-providers.ts';
import type { RunRequest } from '#contracts/run-request.ts';
import type { DatabaseOptions } from '#db/client.ts';
import { openRunChanges } from '#db/run-changes.ts';
import { userIdentities, users } from '#db/schema/users.ts';
import { workers } from '#db/schema/workers.ts';
import { createHandlers } from '#jobs/index.ts';
import { ed25519Signer } from '#platform/ed25519-key.ts';
import { createSecretBox } from '#platform/secret-box.ts';
import { noMetrics } from '#platform/telemetry/metrics.ts';
import { createTracing } from '#platform/telemetry/tracing.ts';
import type { Job } from '#queue/jobs.ts';
import type { JobSender } from '#queue/sender.ts';
import { openStrangersCalls } from '#services/calls/index.ts';
import type { Actor, InstallationPolicy, WorkerContext } from '#services/ground/index.ts';
import { testDatabase } from './database.ts';
import { keptInMemory } from './log-rig.ts';
import { type Script, scriptedEngine } from './scripted-engine.ts';

/** Whom the rigs’ users sign in as: accounts that may use everything but private addresses. */
const listed = Array.from({ length: 1000 }, (_, at) => `github:${at + 1}`);

/** The judges that an installation has as soon as it has a key, and no other. */
export const openPolicy: InstallationPolicy = {
  engineEnabled: true,
  local: true,
  defaultJudge: 'offline',
  judges: byProvider((provider) => {
    const { model } = judgeOf(provider);
    return {
      model: model === null ? 'offline-1' : model.defaultModel,
      endpoint: null,
      unavailable: model === null || model.isDefault ? null : 'It is not configured.',
    };
  }),
  canHoldLimits: () => true,
  paidJudgeAccounts: listed,
  maxCostUsdPerDay: null,
  limits: {
    runsAtOnce: 1000,
    runsPerDay: 1000,
    resumesPerDay: 1000,
    replaysPerDay: 1_000_000,
    queuedRuns: 1000,
    strangersEvidence: { perDay: 2 ** 40, ever: 2 ** 40 },
    oracle: { atOnce: 1000, perMinute: 1_000_000 },
    judgeAtOnce: null,
  },
  retentionDays: { replays: 90, snapshots: 180 },
  oraclesUnavailable: { python: 'No Python oracle can be run here: set PYTHON_ORACLE_DIR.' },
  githubHost: 'github.com',
};

/** A request that everything accepts, with a test's changes. */
export const runRequest = (changes: Partial<RunRequest> = {}): RunRequest => ({
  repoUrl: 'https://github.com/owner/name',
  constructId: 'construct',
  oracleType: 'http',
  oracleUrl: 'https://oracle.example/ask',
  oracleHeaders: {},
  limit: 3,
  minReplays: 3,
  githubToken: null,
  ...changes,
});

/**
 * Services and handlers with real Postgres, scripted ports, and a queue. The queue is a table in the same database, so
 * a job exists exactly if its transaction was committed. The rig is for all tests of a file. The file closes it.
 */
export const openRig = async (script: Script = {}, pool: DatabaseOptions = {}) => {
  const database = await testDatabase({ pool });
  const { db } = database;
  await db.execute(
    sql`create table test_jobs (id serial primary key, job text not null, failed int not null default 0)`,
  );
  const sender: JobSender = {
    enqueue: async (transaction, jobs) => {
      for (const job of jobs)
        await transaction.execute(sql`insert into test_jobs (job) values (${JSON.stringify(job)})`);
    },
  };
  const { engine, calls } = scriptedEngine(script);
  const runChanges = openRunChanges(database.databaseUrl);
  /** Errors and warnings. Progress is not kept. */
  const logged: { details: Record<string, unknown>; message: string }[] = [];
  const log = (details: Record<string, unknown>, message: string) => {
    logged.push({ details, message });
  };
  let clock = new Date('2026-11-24T10:00:00Z').getTime();
  const context: WorkerContext = {
    db,
    sender,
    engine,
    secretBox: createSecretBox(randomBytes(32)),
    policy: openPolicy,
    checkOracleUrl: async () => null,
    freeDiskBytes: async () => null,
    budgets: { spend: async () => null },
    runChanges,
    keptCheckpoint: keptInMemory(),
    sequencer: { keys: [ed25519Signer(randomBytes(32))], publicAddress: null, witnesses: [] },
    issuer: { keys: [ed25519Signer(randomBytes(32))], engine: { version: '1.0.0', revision: null } },
    strangersCalls: openStrangersCalls(),
    log: { error: log, warn: log, info: () => {}, debug: () => {} },
    metrics: noMetrics,
    tracing: createTracing(null),
    // Never the same twice, so that time alone decides every order by time.
    now: () => {
      clock += 1;
      return new Date(clock);
    },
    readClocks: async () => ({ database: new Date(clock), process: new Date(clock) }),
  };

  // A worker that never dies, so that no run is said to wait for one.
  await db.insert(workers).values({ judges: judgeProviders, seenAt: new Date('2100-01-01T00:00:00Z') });

  let signedIn = 0;
  const user = async (
    identity: { provider: 'local' | 'wallet' | 'github'; subject: string } = {
      provider: 'github',
      subject: String(++signedIn),
    },
  ): Promise<Actor> => {
    const [row] = await db.insert(users).values({ name: null }).returning({ userId: users.id });
    if (!row) throw new Error('No user was inserted.');
    await db.insert(userIdentities).values({ userId: row.userId, ...identity });
    return row;
  };

  const take = async (kind: 'all' | 'inquiries') => {
    const [row] = await db.execute<{ id: number; job: string; failed: number }>(
      sql`delete from test_jobs where id = (
        select min(id) from test_jobs where ${kind} = 'all' or job::json ->> 'name' = 'answer-inquiry') returning id, job, failed`,
    );
    return row && { job: JSON.parse(row.job) as Job, failed: row.failed };
  };

  /** Works on queued jobs, one at a time, until none is left. A job that fails `tries` times is a dead letter. */
  const pump = async ({
    tries = 2,
    deliveries = 1,
    onto = context,
    kind = 'all',
  }: {
    tries?: number;
    deliveries?: number;
    onto?: WorkerContext;
    kind?: 'all' | 'inquiries';
  } = {}) => {
    const { handlers, deadLetter } = createHandlers(onto);
    const work = ({ name, data }: Job) => {
      const handle = handlers[name] as (data: Job['data'], signal: AbortSignal) => Promise<void>;
      return handle(data, new AbortController().signal);
    };
    for (let turn = 0; turn < 500; turn += 1) {
      const taken = await take(kind);
      if (!taken) return;
      // A job that must wait begins when its time has come.
      clock += taken.job.afterMs ?? 0;
      const results = await Promise.allSettled(Array.from({ length: deliveries }, () => work(taken.job)));
      if (results.every(({ status }) => status === 'fulfilled')) continue;
      const failed = taken.failed + 1;
      if (failed < tries)
        await db.execute(
          sql`insert into test_jobs (job, failed) values (${JSON.stringify(taken.job)}, ${failed})`,
        );
      else await deadLetter(taken.job);
    }
    throw new Error('The queue does not become empty.');
  };

  /** Answers inquiries until `pending` has settled, as a worker does beside the web process. Runs stay as they are. */
  const answering = async <T>(pending: Promise<T>, onto: WorkerContext = context): Promise<T> => {
    let settled = false;
    const end = () => {
      settled = true;
    };
    pending.then(end, end);
    while (!settled) {
      await pump({ onto, kind: 'inquiries' });
      await sleep(5);
    }
    return pending;
  };

  return {
    database,
    db,
    context,
    calls,
    logged,
    user,
    /** Lets time pass. */
    wait: (ms: number) => {
      clock += ms;
    },
    queued: async (): Promise<Job[]> => {
      const rows = await db.execute<{ job: string }>(sql`select job from test_jobs order by id`);
      return rows.map(({ job }) => JSON.parse(job));
    },
    pump,
    answering,
    /** Every row of every table, as text, except in Postgres's own schemas. */
    dump: async (): Promise<string> => {
      const tables = await db.execute<{ name: string }>(
        sql`select format('%I.%I', schemaname, tablename) as name from pg_tables
            where schemaname not in ('pg_catalog', 'information_schema')`,
      );
      const texts: string[] = [];
      for (const { name } of tables) {
        const rows = await db.execute<{ row: string }>(sql.raw(`select t::text as row from ${name} t`));
        texts.push(...rows.map(({ row }) => row));
      }
      return texts.join('\n');
    },
    close: async () => {
      await runChanges.close();
      await database.close();
    },
  };
};

/** A rig for one test. It is closed when the test ends. */
export const testRig = async (script: Script = {}) => {
  const rig = await openRig(script);
  onTestFinished(rig.close);
  return rig;
};
