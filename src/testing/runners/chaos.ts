import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import type { RunRequest } from '#contracts/run-request.ts';
import { ensureBuilt } from '#start/build.ts';
import { seededRandom } from '../builders/seeded-random.ts';
import { eventually } from '../fleet/eventually.ts';
import { fleetSettings, startWorkers } from '../fleet/fleet.ts';
import { openOutside, repositoryOf } from '../fleet/outside.ts';
import { enterOwnNetwork } from '../fleet/own-network.ts';
import { startPostgres } from '../fleet/postgres.ts';
import { recoveries } from '../fleet/recoveries.ts';
import { repetitions } from '../fleet/repeated-calls.ts';
import {
  certifiedNumbers,
  costsOfRuns,
  firstDifference,
  haveEnded,
  mostFaults,
  openFrontDesk,
  remains,
  runStates,
} from '../fleet/runs.ts';
import { keepStoredSteps, storedSteps } from '../fleet/stored-steps.ts';
import { startStorm } from '../fleet/storm.ts';
import { openWaysToDatabase, type WaysToDatabase } from '../fleet/ways-to-database.ts';
import { acceptRun, sendHere, startWeb } from '../fleet/web.ts';

/**
 * `npm run test:chaos` does the same runs twice: once undisturbed, and once while web server, workers and Postgres are
 * killed, paused and restarted, connections to the database go silent, and clocks are moved. Both must give the same
 * certificates, and only calls that were cut off may be repeated. In the storm each run has a spending limit of three
 * times what it cost undisturbed, and the oracle a tight rate limit: neither may fail a run or stop it. All of it happens
 * in a network namespace of its own, so that packets can be dropped there. Where the system allows none, it says so.
 * `--short` is the form for every commit. `--seed` repeats an order of events. `--without-web` accepts the runs in this
 * process and needs no build. `--log` names a file for the processes' output.
 */

const { values: given } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
    log: { type: 'string' },
    'without-web': { type: 'boolean', default: false },
  },
});

const workers = 3;
/** The third worker connects to the database itself, which refuses where a proxy accepts and hangs up. */
const behindProxies = [0, 1, ...(given['without-web'] ? [] : (['web'] as const))];
const form = given.short
  ? { runs: 4, replays: 8, acceptEveryMs: 2_000, judgeAtOnce: 3, oraclePerMinute: 24, rounds: 1 }
  : { runs: 20, replays: 30, acceptEveryMs: 5_000, judgeAtOnce: 8, oraclePerMinute: 120, rounds: 12 };
/** Catches what hangs. How long the runs take depends on what else this machine does. */
const patienceMs = 20 * 60_000;
/** How long a call takes in the storm: so long that some calls are always open, though a worker makes few at once. */
const slow = { oracleMs: 500, judgeMs: 700 };
const quick = { oracleMs: 20, judgeMs: 20 };

const say = (line: string) => void process.stdout.write(`${line}\n`);
const problems: string[] = [];
const insist = (holds: boolean, otherwise: string) => {
  if (!holds) problems.push(otherwise);
};

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => stopping.abort(new Error('Interrupted.')));
if (!given['without-web'])
  await ensureBuilt(process.env, { signal: stopping.signal, onStart: () => say('Building…') });
const network = enterOwnNetwork();
const withoutPackets =
  typeof network === 'string'
    ? `No packets are dropped: this system allows no network namespace (${network}). Connections go silent in proxies only.`
    : null;

/** What must be closed, in order of opening; the last is closed first. */
const open: (() => Promise<unknown>)[] = [];

const requestOf = (run: number, oracleUrl: string, repoUrl: string): RunRequest => ({
  repoUrl,
  constructId: `construct-${String(run).padStart(2, '0')}`,
  oracleType: 'http',
  oracleUrl,
  oracleHeaders: { Authorization: 'Bearer of-the-oracle' },
  judge: 'anthropic',
  limit: form.replays,
  minReplays: 5,
  githubToken: null,
  seed: `chaos ${run}`,
});

const chaos = async () => {
  const { signal } = stopping;
  const within = (withinMs: number) => ({ withinMs, signal });
  const began = Date.now();
  const took = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
  say(`Seed ${given.seed} (--seed ${given.seed} repeats the order of events)`);
  if (withoutPackets !== null) say(withoutPackets);

  const outside = await openOutside({
    workers,
    changes: Array.from({ length: form.runs }, () => form.replays + 2),
  });
  open.push(outside.close);
  const ofServer: string[] = [];
  const database = await startPostgres((line) => void ofServer.push(line));
  open.push(database.close);
  const requests = Array.from({ length: form.runs }, (_, run) =>
    requestOf(run, outside.oracleUrl, repositoryOf(run)),
  );

  const fleetOn = async (
    databaseUrl: string,
    more: Record<string, string> = {},
    urlFor: WaysToDatabase['urlFor'] = () => databaseUrl,
  ) => {
    // Each database has its own, which remembers that database's log.
    const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-chaos-'));
    open.push(() => rm(dataDir, { recursive: true, force: true }));
    const desk = await openFrontDesk(databaseUrl);
    open.push(desk.close);
    const settings = { ...fleetSettings(databaseUrl, dataDir), ...more };
    const settingsOf = (place: number) => ({
      ...outside.settingsOf(place),
      DATABASE_URL: urlFor(place),
    });
    const programs = await startWorkers(workers, { settingsOf }, settings);
    open.push(() => Promise.all(programs.map((program) => program.end())));
    return { desk, settings, programs, owner: await desk.owner() };
  };

  const calm = await fleetOn(await database.createDatabase('calm'));
  Object.assign(outside.latency, quick);
  for (const request of requests)
    await acceptRun(calm.desk.context, sendHere(calm.desk.context, calm.owner), request);
  await eventually(
    'The end of the undisturbed runs',
    () => runStates(calm.desk.db),
    haveEnded,
    within(patienceMs),
  );
  const expected = await certifiedNumbers(calm.desk.db);
  const trueCosts = await costsOfRuns(calm.desk.db);
  const calmCalls = outside.calls.splice(0);
  await Promise.all(calm.programs.map((program) => program.end()));
  insist(expected.size === form.runs, `Undisturbed, ${expected.size} of ${form.runs} runs were certified.`);
  say(
    `Undisturbed: ${form.runs} runs of ${form.replays} replays, ${calmCalls.length} calls, after ${took()}`,
  );

  const stormUrl = await database.createDatabase('storm');
  const ways = await openWaysToDatabase(stormUrl, {
    behindProxies,
    network: typeof network === 'string' ? null : network,
  });
  open.push(ways.close);
  const limits = {
    JUDGE_MAX_CONCURRENT: String(form.judgeAtOnce),
    ORACLE_MAX_PER_MINUTE: String(form.oraclePerMinute),
  };
  const { desk, settings, programs, owner } = await fleetOn(stormUrl, limits, ways.urlFor);
  await keepStoredSteps(desk.db);
  const web = given['without-web']
    ? null
    : await startWeb(desk.context, owner, {
        ...settings,
        ...outside.settingsOf(0),
        DATABASE_URL: ways.urlFor('web'),
      });
  if (web !== null) open.push(() => web.program.end());
  const send = web?.send ?? sendHere(desk.context, owner);
  Object.assign(outside.latency, slow);
  say(`The fleet for the storm is ready after ${took()}`);
  const stormAt = Date.now();
  const storm = startStorm(
    { workers: programs, web: web?.program ?? null, database, ways },
    { random: seededRandom(Number(given.seed)), rounds: form.rounds, say },
  );
  open.push(async () => {
    storm.stop();
    await storm.over.catch(() => {});
  });
  for (const [run, request] of requests.entries()) {
    const dueAt = stormAt + run * form.acceptEveryMs;
    await eventually(
      'The next run',
      async () => Date.now(),
      (now) => now >= dueAt,
      within(patienceMs),
    );
    const trueCost = trueCosts.get(request.constructId) ?? 0;
    insist(trueCost > 0, `Undisturbed, ${request.constructId} cost nothing.`);
    await acceptRun(desk.context, send, { ...request, maxCostUsd: 3 * trueCost });
  }
  const runs = await eventually(
    'The end of every run',
    () => runStates(desk.db),
    haveEnded,
    within(patienceMs),
  ).finally(() => storm.stop());
  await storm.over;
  say(`Every run has ended after ${took()}`);

  for (const { construct, status, error } of runs)
    insist(status === 'COMPLETED', `${construct} ended ${status}: ${error}`);
  insist(runs.length === form.runs, `The database has ${runs.length} runs instead of ${form.runs}.`);
  const costs = await costsOfRuns(desk.db);
  for (const [construct, trueCost] of trueCosts)
    insist(
      (costs.get(construct) ?? 0) <= 3 * trueCost,
      `${construct} is booked at ${costs.get(construct)}, above its limit of ${3 * trueCost}.`,
    );
  const certified = await certifiedNumbers(desk.db);
  for (const { construct, status } of runs) {
    const certificates = certified.get(construct) ?? [];
    insist(
      certificates.length === (status === 'COMPLETED' ? 1 : 0),
      `${construct} is ${status} and has ${certificates.length} certificates.`,
    );
    insist(
      status !== 'COMPLETED' || isDeepStrictEqual(certificates, expected.get(construct)),
      `${construct} was certified with different numbers than when undisturbed: ${firstDifference(expected.get(construct), certificates)}`,
    );
  }

  const stored = await storedSteps(desk.db);
  for (const [kind, times] of recoveries(storm.strikes, outside.calls, stored))
    say(
      `After “${kind}” the next answer was stored in ${times.map((ms) => (ms / 1000).toFixed(1)).join(', ')} s`,
    );
  const {
    repeated,
    open: cut,
    inexcusable,
    missing,
  } = repetitions(calmCalls, outside.calls, storm.cuts, stored);
  say(
    `${outside.calls.length} calls, ${repeated.length} of them repeated; ${cut} were open when something struck`,
  );
  insist(repeated.length <= cut, `${repeated.length} calls were repeated, but only ${cut} were cut off.`);
  insist(missing === 0, `${missing} calls that the undisturbed runs made are missing.`);
  const at = (time: number | null) => (time === null ? '…' : ((time - stormAt) / 1000).toFixed(1));
  for (const { change, question } of inexcusable)
    problems.push(
      `Repeated although not cut off: change ${change}, ${question.slice(0, 60)}, ${outside.calls
        .filter((call) => call.change === change && call.question === question)
        .map(({ worker, from, until }) => `by worker ${worker} from ${at(from)} to ${at(until)} s`)
        .join(', ')}`,
    );

  for (const [place, program] of [...programs, ...(web === null ? [] : [web.program])].entries())
    insist(
      program.crashes === 0,
      `Program ${place} ended on its own ${program.crashes} times:\n${program.said().slice(-2_000)}`,
    );

  const nothing = { jobs: 0, deadLetters: 0, slots: 0, secrets: 0, openReplays: 0 };
  let left: unknown = null;
  await eventually(
    'An empty queue',
    async () => (left = await remains(desk.db)),
    (seen) => isDeepStrictEqual(seen, nothing),
    within(120_000),
  ).catch(() => problems.push(`Left behind: ${JSON.stringify(left)}`));
  const faults = await mostFaults(desk.db);
  say(
    `At most ${faults} tries of one replay ended in an error; the database was struck ${storm.databaseFaults} times`,
  );
  insist(faults <= storm.databaseFaults, 'Tries ended in errors although the database was available.');
  if (given.log !== undefined)
    await writeFile(
      given.log,
      [...programs.map(({ said }) => said()), web?.program.said() ?? '', ...ofServer].join('\n'),
    );
  say(`Finished after ${took()}`);
};

try {
  await chaos();
} catch (error) {
  problems.push(
    error instanceof Error
      ? `${error.message} ${error.cause === undefined ? '' : JSON.stringify(error.cause)}`
      : String(error),
  );
} finally {
  for (const close of open.splice(0).toReversed())
    await close().catch((error: Error) => problems.push(`Stopping: ${error.message}`));
}
for (const problem of problems) say(`FAILED: ${problem}`);
if (withoutPackets !== null) say(withoutPackets);
say(problems.length === 0 ? 'Chaos: passed' : `Chaos: ${problems.length} failed (seed ${given.seed})`);
process.exit(problems.length === 0 ? 0 : 1);
