import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { eventually } from '#testing/fleet/eventually.ts';
import { fleetSettings, startWorkers } from '#testing/fleet/fleet.ts';
import { outsideJudge, repositoryOf } from '#testing/fleet/outside.ts';
import { openOutsideElsewhere } from '#testing/fleet/outside-elsewhere.ts';
import { startPostgres } from '#testing/fleet/postgres.ts';
import { haveEnded, openFrontDesk, runStates } from '#testing/fleet/runs.ts';

/**
 * `npm run bench:scale-out`: measures replays per second with 1, 2 and 4 workers at their default concurrency. The
 * oracle takes 300 ms, each call to the judge 600 ms. Exits with code 1 if a fleet gains less than its `atLeast`.
 * If no processor was idle, the numbers show this machine's limit.
 */

const fleets = [
  { workers: 1, atLeast: 1 },
  { workers: 2, atLeast: 1.9 },
  { workers: 4, atLeast: 3.6 },
];
const replaysPerWorker = 200;
const latency = { oracleMs: 300, judgeMs: 600 };
/**
 * The middle of each run. At the start slots fill and workers still look for the judge's limit; at the end slots empty.
 */
const middle = { from: 0.25, to: 0.85 };

const say = (line: string) => void process.stdout.write(`${line}\n`);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => stopping.abort(new Error('Interrupted.')));
/** What to close, in reverse order of opening. */
const open: (() => Promise<unknown>)[] = [];
const closeFrom = async (place: number) => {
  for (const close of open.splice(place).toReversed()) await close();
};

/** Idle time and total time of this machine's processors, in milliseconds. */
const processors = () => {
  const times = cpus().map(({ times: { user, nice, sys, idle, irq } }) => ({
    idle,
    all: user + nice + sys + idle + irq,
  }));
  return {
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
    all: times.reduce((sum, { all }) => sum + all, 0),
  };
};

/** Replays that ended per second in the middle of the run. */
const rateOf = async (db: Database): Promise<number> => {
  const [row] = await db.execute<{ replays: number; seconds: number }>(sql`
    select (max(place) - min(place))::int as replays, extract(epoch from max(ended_at) - min(ended_at))::float8 as seconds
    from (select ended_at, row_number() over (order by ended_at) as place, count(*) over () as total
      from verification_replays where state = 'ended') ended
    where place between total * ${middle.from}::float8 and total * ${middle.to}::float8`);
  return row === undefined ? 0 : row.replays / row.seconds;
};

const bench = async () => {
  const { signal } = stopping;
  const database = await startPostgres();
  open.push(database.close);
  const outside = await openOutsideElsewhere({
    workers: Math.max(...fleets.map(({ workers }) => workers)),
    changes: fleets.map(({ workers }) => workers * replaysPerWorker),
    latency,
  });
  open.push(outside.close);

  const measure = async (run: number, workers: number): Promise<{ rate: number; idle: number }> => {
    const place = open.length;
    // Each database has its own, which remembers that database's log.
    const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-bench-'));
    open.push(() => rm(dataDir, { recursive: true, force: true }));
    const databaseUrl = await database.createDatabase(`workers_${workers}`);
    const desk = await openFrontDesk(databaseUrl);
    open.push(desk.close);
    const programs = await startWorkers(workers, outside, {
      ...fleetSettings(databaseUrl, dataDir),
      ORACLE_MAX_CONCURRENT: '1000',
      LOG_LEVEL: 'info',
    });
    open.push(() => Promise.all(programs.map((program) => program.end())));
    await desk.accept(await desk.owner(), {
      repoUrl: repositoryOf(run),
      constructId: 'bench',
      oracleType: 'http',
      oracleUrl: outside.oracleUrl,
      oracleHeaders: {},
      judge: outsideJudge,
      limit: workers * replaysPerWorker,
      minReplays: 5,
      githubToken: null,
      seed: 'bench',
    });
    const runs = () => runStates(desk.db);
    await eventually('Its first replay', runs, ([seen]) => (seen?.progress ?? 0) > 0, {
      withinMs: 120_000,
      signal,
    });
    const before = processors();
    const [end] = await eventually('The end of the run', runs, haveEnded, {
      withinMs: 240_000,
      signal,
    });
    if (end?.status !== 'COMPLETED') throw new Error(`The run ended ${end?.status}: ${end?.error}`);
    const after = processors();
    const rate = await rateOf(desk.db);
    await closeFrom(place);
    return { rate, idle: (after.idle - before.idle) / (after.all - before.all) };
  };

  say('workers  replays/s  times one worker  at least  processors idle');
  let first: number | null = null;
  const missed: string[] = [];
  for (const [run, { workers, atLeast }] of fleets.entries()) {
    const { rate, idle } = await measure(run, workers);
    first ??= rate;
    const times = rate / first;
    // Negated, so that NaN, from a rate of 0, fails too.
    if (!(times >= atLeast))
      missed.push(
        `${workers} workers did ${times.toFixed(2)} times as much as one; ${atLeast.toFixed(1)} times is required.`,
      );
    say(
      `${String(workers).padStart(7)}  ${rate.toFixed(2).padStart(9)}  ${times.toFixed(2).padStart(16)}  ${atLeast.toFixed(1).padStart(8)}  ${`${Math.round(idle * 100)} %`.padStart(15)}`,
    );
  }
  for (const line of missed) say(line);
  return missed.length === 0;
};

let enough = false;
try {
  enough = await bench();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
} finally {
  await closeFrom(0);
}
process.exit(enough ? 0 : 1);
