import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { judgeProviders } from '#contracts/judge-providers.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Job } from '#queue/jobs.ts';
import { openSender } from '#queue/pg-boss.ts';
import { type WorkOptions, workQueues } from '#queue/work.ts';
import { cancelRun, createRun, followRun } from '#services/run/index.ts';
import { eventually } from '#testing/fleet/eventually.ts';
import { fleetSettings, startWorkers } from '#testing/fleet/fleet.ts';
import { openOutside, outsideJudge, repositoryOf, startsOfReplays } from '#testing/fleet/outside.ts';
import { startPostgres } from '#testing/fleet/postgres.ts';
import { openFrontDesk, whenDrawn } from '#testing/fleet/runs.ts';
import { runRequest } from '#testing/rigs/engine-rig.ts';

/**
 * `npm run bench:reaction-times`: measures how soon things happen, and compares that with what is promised. The tests
 * show that they happen; this bench measures how long they take while the machine does nothing else. Exits with code 1
 * if a promise was not kept.
 */

const say = (line: string) => void process.stdout.write(`${line}\n`);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => stopping.abort(new Error('Interrupted.')));
/** What to close, in reverse order of opening. */
const open: (() => Promise<unknown>)[] = [];
const closeFrom = async (place: number) => {
  for (const close of open.splice(place).toReversed()) await close();
};
const within = { withinMs: 120_000, signal: stopping.signal };

const database = await startPostgres();
open.push(database.close);

/** Makes a database for one measurement, and its front desk. */
const deskOn = async (name: string) => {
  const databaseUrl = await database.createDatabase(name);
  const desk = await openFrontDesk(databaseUrl);
  open.push(desk.close);
  return { databaseUrl, desk, owner: await desk.owner() };
};

const nothing = async () => {};
const silent = { info: () => {}, warn: () => {}, error: () => {} };
const startWorker = async (databaseUrl: string, handlers: Partial<WorkOptions['handlers']>) => {
  const worker = await workQueues({
    judges: judgeProviders,
    databaseUrl,
    handlers: {
      'ingest-run': nothing,
      'score-replay': nothing,
      'certify-run': nothing,
      'answer-inquiry': nothing,
      'sign-log': nothing,
      ...handlers,
    },
    deadLetter: nothing,
    periodic: {},
    logger: silent,
  });
  open.push(() => worker.stop(0));
  return worker;
};
const openQueue = ({ db }: Awaited<ReturnType<typeof deskOn>>['desk']) => {
  const queue = openSender(db);
  open.push(queue.close);
  return queue.sender;
};
const ingest = (): Job => ({ name: 'ingest-run', data: { runId: randomUUID() } });

/** From a job's commit until a waiting worker begins it; the slowest of ten. */
const jobStarts = async (): Promise<number> => {
  const { databaseUrl, desk } = await deskOn('job_starts');
  const sender = openQueue(desk);
  let started = Promise.withResolvers<number>();
  await startWorker(databaseUrl, { 'ingest-run': async () => started.resolve(performance.now()) });
  let slowestMs = 0;
  for (let time = 0; time < 10; time += 1) {
    await delay(1_500);
    started = Promise.withResolvers();
    const sentAt = performance.now();
    await sender.enqueue(desk.db, [ingest()]);
    slowestMs = Math.max(slowestMs, (await started.promise) - sentAt);
  }
  return slowestMs;
};

/** From a run's change until its follower hears of it; the slowest of ten. */
const followerIsTold = async (): Promise<number> => {
  const { desk, owner } = await deskOn('follower_is_told');
  const { runId } = await createRun(desk.context, owner, runRequest());
  const leaving = new AbortController();
  let told = Promise.withResolvers<number>();
  const following = (async () => {
    for await (const _ of followRun(desk.context, owner, runId, leaving.signal))
      told.resolve(performance.now());
  })();
  await told.promise;
  let slowestMs = 0;
  for (let time = 0; time < 10; time += 1) {
    await delay(500);
    told = Promise.withResolvers();
    const changedAt = performance.now();
    await desk.db
      .update(verificationRuns)
      .set({ activity: `Change ${time}` })
      .where(eq(verificationRuns.id, runId));
    slowestMs = Math.max(slowestMs, (await told.promise) - changedAt);
  }
  leaving.abort();
  await following;
  return slowestMs;
};

const slowRun = async (name: string, changes: number[], latencyMs: number) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-bench-'));
  open.push(() => rm(dataDir, { recursive: true, force: true }));
  const outside = await openOutside({ workers: 2, changes });
  open.push(outside.close);
  Object.assign(outside.latency, { oracleMs: latencyMs, judgeMs: latencyMs });
  const at = await deskOn(name);
  const workers = await startWorkers(2, outside, fleetSettings(at.databaseUrl, dataDir));
  open.push(() => Promise.all(workers.map((worker) => worker.end(1_000))));
  const accept = (run: number) =>
    at.desk.accept(
      at.owner,
      runRequest({
        repoUrl: repositoryOf(run),
        constructId: `run-${run}`,
        oracleUrl: outside.oracleUrl,
        judge: outsideJudge,
        limit: changes[run] ?? 1,
        minReplays: 1,
      }),
    );
  const startsOf = (run: number, count: number) =>
    eventually(
      `Run ${run}`,
      async () => startsOfReplays(outside, run),
      (starts) => starts.length >= count,
      within,
    );
  return { ...at, outside, accept, startsOf };
};

/** From a run's cancellation until its workers' last call. */
const cancelledRunIsStopped = async (): Promise<number> => {
  const { desk, owner, outside, accept, startsOf } = await slowRun('cancelled', [200], 100);
  const runId = await accept(0);
  await startsOf(0, 40);
  await cancelRun(desk.context, owner, runId);
  const cancelledAt = Date.now();
  await delay(5_000);
  return Math.max(0, ...outside.calls.map(({ from }) => from - cancelledAt));
};

/** From the draw of a run of 10 until all its replays have begun, while the jobs of a run of 1,000 wait before it. */
const smallRunStarts = async (): Promise<number> => {
  const { desk, accept, startsOf } = await slowRun('small_run', [1_000, 10], 300);
  await accept(0);
  await startsOf(0, 32);
  const small = await accept(1);
  const starts = await startsOf(1, 10);
  return Math.max(...starts) - (await whenDrawn(desk.db, small));
};

/** How long a worker with 1.5 s of grace takes to stop while a job does not end. */
const workerStops = async (): Promise<number> => {
  const { databaseUrl, desk } = await deskOn('worker_stops');
  const sender = openQueue(desk);
  const begun = Promise.withResolvers<void>();
  const worker = await startWorker(databaseUrl, {
    'ingest-run': () => {
      begun.resolve();
      return new Promise(() => {});
    },
  });
  await sender.enqueue(desk.db, [ingest()]);
  await begun.promise;
  const stoppedAt = performance.now();
  await worker.stop(1_500);
  return performance.now() - stoppedAt;
};

/** From a worker's kill -9 until another worker takes up its job. */
const killedWorkersJobIsDone = async (): Promise<number> => {
  const { databaseUrl, desk } = await deskOn('killed_worker');
  const sender = openQueue(desk);
  await sender.enqueue(desk.db, [ingest()]);
  const rig = join(import.meta.dirname, '../testing/rigs/stuck-worker.ts');
  const killed = spawn(process.execPath, [rig, databaseUrl], { stdio: ['ignore', 'pipe', 'inherit'] });
  open.push(async () => void killed.kill('SIGKILL'));
  await once(killed.stdout, 'data');
  const done = Promise.withResolvers<number>();
  await startWorker(databaseUrl, { 'ingest-run': async () => done.resolve(performance.now()) });
  const killedAt = performance.now();
  killed.kill('SIGKILL');
  return (await done.promise) - killedAt;
};

const promises: { what: string; withinMs: number; measure: () => Promise<number> }[] = [
  { what: 'a job starts after its commit', withinMs: 1_000, measure: jobStarts },
  { what: 'a run’s follower hears of a change', withinMs: 1_000, measure: followerIsTold },
  { what: 'a cancelled run makes its last call', withinMs: 2_000, measure: cancelledRunIsStopped },
  { what: 'a run of 10 has begun beside one of 1,000', withinMs: 3_000, measure: smallRunStarts },
  { what: 'a worker with 1.5 s of grace has stopped', withinMs: 5_000, measure: workerStops },
  { what: 'another worker does a killed one’s job', withinMs: 20_000, measure: killedWorkersJobIsDone },
];

const bench = async () => {
  say(`${'What'.padEnd(44)}${'after'.padStart(10)}${'promised'.padStart(10)}`);
  let kept = true;
  for (const { what, withinMs, measure } of promises) {
    stopping.signal.throwIfAborted();
    const place = open.length;
    const tookMs = await measure();
    await closeFrom(place);
    const [took, promised] = [tookMs, withinMs].map((ms) => `${(ms / 1000).toFixed(2)} s`.padStart(10));
    say(`${what.padEnd(44)}${took}${promised}${tookMs < withinMs ? '' : '  NOT KEPT'}`);
    kept &&= tookMs < withinMs;
  }
  return kept;
};

let kept = false;
try {
  kept = await bench();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
} finally {
  await closeFrom(0);
}
process.exit(kept ? 0 : 1);
