import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { getRun } from '#services/run/index.ts';
import { testDatabase } from '../rigs/database.ts';
import { runRequest } from '../rigs/engine-rig.ts';
import { eventually } from './eventually.ts';
import { fleetSettings, startWorkers } from './fleet.ts';
import { openOutside, repositoryOf } from './outside.ts';
import { openFrontDesk } from './runs.ts';

const within = { withinMs: 180_000 };

test.each([
  ['whose engine is off', { ENGINE_ENABLED: 'false' }, 'ENGINE_ENABLED=false'],
  ['without the judge’s key', { ANTHROPIC_API_KEY: '' }, 'ANTHROPIC_API_KEY'],
])(
  'a run waits beside a worker %s, says why, and is carried out once another worker can',
  async (_, lacking, reason) => {
    const { databaseUrl, close } = await testDatabase();
    onTestFinished(close);
    const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-capable-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const outside = await openOutside({ workers: 1, changes: [4] });
    onTestFinished(outside.close);
    const desk = await openFrontDesk(databaseUrl);
    onTestFinished(desk.close);
    const settings = fleetSettings(databaseUrl, dataDir);
    const start = async (more: Record<string, string>) => {
      const settingsOf = (place: number) => ({ ...outside.settingsOf(place), ...more });
      const [worker] = await startWorkers(1, { settingsOf }, settings);
      onTestFinished(() => worker?.end(1_000));
    };
    await start(lacking);
    const owner = await desk.owner();
    const runId = await desk.accept(
      owner,
      runRequest({
        repoUrl: repositoryOf(0),
        oracleUrl: outside.oracleUrl,
        judge: 'anthropic',
        limit: 2,
        minReplays: 1,
      }),
    );
    const run = () => getRun(desk.context, owner, runId);
    await eventually('The reason', run, ({ waitingFor }) => waitingFor?.includes(reason) ?? false, within);
    expect(outside.calls).toEqual([]);
    await start({});
    await eventually('The end of the run', run, ({ status }) => status === 'COMPLETED', within);
  },
  600_000,
);
