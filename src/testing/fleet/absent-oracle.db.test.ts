import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { getRun } from '#services/run/index.ts';
import { testDatabase } from '../rigs/database.ts';
import { runRequest } from '../rigs/engine-rig.ts';
import { eventually } from './eventually.ts';
import { fleetSettings, startWorkers } from './fleet.ts';
import { openOutside, repositoryOf } from './outside.ts';
import { openFrontDesk } from './runs.ts';

const replays = 20;
const oracles = [
  { oracleType: 'http' },
  { oracleType: 'mcp', oracleTool: 'review' },
  { oracleType: 'chat', oracleModel: 'model-1' },
] as const;

test('runs whose oracle’s port is closed fail without one call to the paid judge, over every protocol', async () => {
  const { databaseUrl, close } = await testDatabase();
  onTestFinished(close);
  const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-absent-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const outside = await openOutside({ workers: 1, changes: oracles.map(() => replays) });
  onTestFinished(outside.close);
  const desk = await openFrontDesk(databaseUrl);
  onTestFinished(desk.close);
  const [worker] = await startWorkers(1, outside, fleetSettings(databaseUrl, dataDir));
  onTestFinished(() => worker?.end(1_000));
  const owner = await desk.owner();
  for (const [run, oracle] of oracles.entries()) {
    const runId = await desk.accept(
      owner,
      runRequest({
        ...oracle,
        repoUrl: repositoryOf(run),
        oracleUrl: `http://127.0.0.1:${await freePort()}/ask`,
        judge: 'anthropic',
        limit: replays,
        minReplays: 5,
      }),
    );
    const ended = await eventually(
      'The end of the run',
      () => getRun(desk.context, owner, runId),
      ({ status }) => status === 'COMPLETED' || status === 'FAILED',
      { withinMs: 600_000 },
    );
    expect(ended).toMatchObject({ status: 'FAILED', certificateId: null, costUsd: 0 });
    expect(ended.error).toContain('cannot be reached');
  }
  expect(outside.calls).toEqual([]);
}, 1_200_000);
