import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { getRun } from '#services/run/index.ts';
import { testDatabase } from '../rigs/database.ts';
import { runRequest } from '../rigs/engine-rig.ts';
import { eventually } from './eventually.ts';
import { fleetSettings, startWorkers } from './fleet.ts';
import { type Call, openOutside, repositoryOf } from './outside.ts';
import { openFrontDesk } from './runs.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const replays = 40;
/** A worker is killed while it has this many paid calls under way. */
const inFlight = 12;
/** On a quiet machine the run pauses for seconds, the lease of what the dead worker held. */
const longestPauseMs = 90_000;

const isPaid = ({ question }: Call) => !question.startsWith('oracle');

test('kills with paid calls under way neither fail nor stop a run whose limit is three times its cost', async () => {
  const { databaseUrl, close } = await testDatabase();
  closing.push(close);
  const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-spending-'));
  closing.push(() => rm(dataDir, { recursive: true, force: true }));
  const outside = await openOutside({ workers: 2, changes: [replays, replays] });
  closing.push(outside.close);
  const desk = await openFrontDesk(databaseUrl);
  closing.push(desk.close);
  const workers = await startWorkers(2, outside, fleetSettings(databaseUrl, dataDir));
  closing.push(() => Promise.all(workers.map((worker) => worker.end(1_000))));
  const owner = await desk.owner();
  const accept = (run: number, maxCostUsd?: number) =>
    desk.accept(
      owner,
      runRequest({
        repoUrl: repositoryOf(run),
        constructId: `run-${run}`,
        oracleUrl: outside.oracleUrl,
        judge: 'anthropic',
        limit: replays,
        minReplays: 5,
        ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
      }),
    );
  const ended = (runId: string) =>
    eventually(
      'The end of the run',
      () => getRun(desk.context, owner, runId),
      ({ status }) => status === 'COMPLETED' || status === 'FAILED',
      { withinMs: 600_000 },
    );

  const undisturbed = await ended(await accept(0));
  expect(undisturbed).toMatchObject({ status: 'COMPLETED', mostCostUsd: undisturbed.costUsd });
  expect(undisturbed.costUsd).toBeGreaterThan(0);

  Object.assign(outside.latency, { judgeMs: 1_500 });
  outside.calls.splice(0);
  const runId = await accept(1, 3 * undisturbed.costUsd);
  for (let kills = 0; kills < 2; kills += 1) {
    const open = (worker: number) =>
      outside.calls.filter((call) => call.until === null && call.worker === worker && isPaid(call)).length;
    const [victim = 0] = await eventually(
      'Paid calls under way',
      async () => [0, 1].filter((worker) => open(worker) >= inFlight),
      (busy) => busy.length > 0,
      { withinMs: 120_000 },
    );
    await workers[victim]?.kill();
  }
  const { status, error, costUsd, mostCostUsd } = await ended(runId);
  expect([status, error]).toEqual(['COMPLETED', null]);
  expect(mostCostUsd).toBeGreaterThan(costUsd);
  expect(costUsd).toBeLessThanOrEqual(3 * undisturbed.costUsd);
  const times = outside.calls
    .filter(isPaid)
    .map(({ from }) => from)
    .toSorted((a, b) => a - b);
  const pausesMs = times.slice(1).map((from, at) => from - (times[at] ?? 0));
  expect(Math.max(...pausesMs)).toBeLessThan(longestPauseMs);
}, 1_800_000);
