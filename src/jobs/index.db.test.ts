import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { judgeProviders } from '#contracts/judge-providers.ts';
import { runSecrets } from '#db/schema/runs.ts';
import { installQueues } from '#queue/install.ts';
import { openSender } from '#queue/pg-boss.ts';
import { workQueues } from '#queue/work.ts';
import { createRun, getRun } from '#services/run/index.ts';
import { runRequest, testRig } from '#testing/rigs/engine-rig.ts';
import type { Script } from '#testing/rigs/scripted-engine.ts';
import { createHandlers } from './index.ts';

/** A run on pg-boss as in an installation, and workers that can be started for it. */
const onRealQueue = async (script: Script) => {
  const rig = await testRig(script);
  const { databaseUrl } = rig.database;
  await installQueues(databaseUrl);
  const { sender, close } = openSender(rig.db);
  onTestFinished(close);
  const context = { ...rig.context, sender };
  const owner = await rig.user();
  const { runId } = await createRun(
    context,
    owner,
    runRequest({ oracleHeaders: { Authorization: 'Bearer planted-header-token' } }),
  );
  const startWorker = async () => {
    const worker = await workQueues({
      judges: judgeProviders,
      databaseUrl,
      logger: context.log,
      ...createHandlers(context),
    });
    onTestFinished(() => worker.stop(1_000));
    return worker;
  };
  const run = () => getRun(context, owner, runId);
  const ended = async () => {
    await expect.poll(async () => (await run()).status).toMatch(/COMPLETED|FAILED/);
    return run();
  };
  return { ...rig, startWorker, ended };
};

test('on pg-boss a run is carried from its first job to its certificate, and no job holds a secret', async () => {
  const { startWorker, ended, dump, db } = await onRealQueue({});
  expect(await dump()).not.toContain('planted');
  await startWorker();
  expect(await ended()).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
  expect(await dump()).not.toContain('planted');
  expect(await db.$count(runSecrets)).toBe(0);
});

test('a worker that stops in mid-run hands the run over, and no stored call is made again', async () => {
  let isFirst = true;
  const { startWorker, ended, calls, dump } = await onRealQueue({
    oracle: async ({ pr }, { oracleHeaders }, signal) => {
      // The oracle does not answer until the first worker has given up.
      if (isFirst && pr.id === '2' && signal?.aborted === false) await once(signal, 'abort');
      if (isFirst && pr.id === '3') throw new Error(`refused with ${oracleHeaders.Authorization}`);
      return undefined;
    },
  });
  const first = await startWorker();
  // A replay's answer key is stored before its oracle is asked.
  await expect.poll(() => calls).toEqual(expect.arrayContaining(['oracle:1', 'oracle:2', 'oracle:3']));
  await first.stop(500);
  isFirst = false;
  await startWorker();
  expect(await ended()).toMatchObject({ status: 'COMPLETED', progress: 3, total: 3 });
  expect(calls.filter((call) => call.startsWith('answer_key')).sort()).toEqual([
    'answer_key:1',
    'answer_key:2',
    'answer_key:3',
  ]);
  // The queue keeps the error of a failed job.
  expect(await dump()).not.toContain('planted');
});
