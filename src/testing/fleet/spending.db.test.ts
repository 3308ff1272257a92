import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { getRun } from '#services/run/index.ts';
import { testDatabase } from '../rigs/database.ts';
import { runRequest } from '../rigs/engine-rig.ts';
import { eventually } from './eventually.ts';
import { fleetSettings, startWorkers } from './fleet.ts';
import { openOutside, repositoryOf } from './outside.ts';
import { openFrontDesk } from './runs.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const replays = 12;
/** With these a worker is killed while this many paid calls are under way. */
const inFlight = 6;

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
      outside.calls.filter(
        (call) => call.until === null && call.worker === worker && !call.question.startsWith('oracle'),
      ).length;
    await eventually(
      'Paid calls under way',
      async () => [open(0), open(1)],
      ([first = 0, second = 0]) => first + second >= inFlight,
      { withinMs: 120_000 },
    );
    const victim = open(0) >= open(1) ? workers[0] : workers[1];
    await victim?.kill();
  }
  const { status, error, costUsd, mostCostUsd } = await ended(runId);
  expect([status, error]).toEqual(['COMPLETED', null]);
  expect(mostCostUsd).toBeGreaterThan(costUsd);
  expect(costUsd).toBeLessThanOrEqual(3 * undisturbed.costUsd);
}, 1_800_000);
