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

const lacking: [name: string, settings: Record<string, string>, reason: string][] = [
  ['whose engine is off', { ENGINE_ENABLED: 'false' }, 'ENGINE_ENABLED=false'],
  ['without the judge’s key', { ANTHROPIC_API_KEY: '' }, 'ANTHROPIC_API_KEY'],
];

/** A run of so many changes, for workers that are started and ended one by one. */
const openRun = async (changes: number) => {
  const { databaseUrl, close } = await testDatabase();
  onTestFinished(close);
  const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-capable-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const outside = await openOutside({ workers: 1, changes: [changes] });
  onTestFinished(outside.close);
  const desk = await openFrontDesk(databaseUrl);
  onTestFinished(desk.close);
  const settings = fleetSettings(databaseUrl, dataDir);
  const start = async (more: Record<string, string>) => {
    const settingsOf = (place: number) => ({ ...outside.settingsOf(place), ...more });
    const [worker] = await startWorkers(1, { settingsOf }, settings);
    onTestFinished(() => worker?.end(1_000));
    return worker;
  };
  const owner = await desk.owner();
  const accept = async () => {
    const runId = await desk.accept(
      owner,
      runRequest({
        repoUrl: repositoryOf(0),
        oracleUrl: outside.oracleUrl,
        judge: 'anthropic',
        limit: changes,
        minReplays: 1,
      }),
    );
    return () => getRun(desk.context, owner, runId);
  };
  return { outside, start, accept };
};

test.each(lacking)(
  'a run waits beside a worker %s, says why, and is carried out once another worker can',
  async (_, settings, reason) => {
    const { outside, start, accept } = await openRun(4);
    await start(settings);
    const run = await accept();
    await eventually('The reason', run, ({ waitingFor }) => waitingFor?.includes(reason) ?? false, within);
    expect(outside.calls).toEqual([]);
    await start({});
    await eventually('The end of the run', run, ({ status }) => status === 'COMPLETED', within);
  },
  600_000,
);

test.each(lacking)(
  'a run that was under way waits when the next worker is one %s, and continues with one that can',
  async (_, settings, reason) => {
    const { outside, start, accept } = await openRun(12);
    Object.assign(outside.latency, { oracleMs: 1_000, judgeMs: 1_000 });
    const first = await start({});
    const run = await accept();
    await eventually('A scored replay', run, ({ progress }) => progress > 0, within);
    await first?.end(0);
    outside.calls.splice(0);
    await start(settings);
    await eventually('The reason', run, ({ waitingFor }) => waitingFor?.includes(reason) ?? false, within);
    const { status, progress, total } = await run();
    expect(status).toMatch(/INVOKING|SCORING/);
    expect(progress).toBeLessThan(total);
    expect(outside.calls).toEqual([]);
    Object.assign(outside.latency, { oracleMs: 0, judgeMs: 0 });
    await start({});
    await eventually('The end of the run', run, (seen) => seen.status === 'COMPLETED', within);
  },
  600_000,
);
