import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { verificationReplays } from '#db/schema/replays.ts';
import { testDatabase } from '../rigs/database.ts';
import { runRequest } from '../rigs/engine-rig.ts';
import { eventually } from './eventually.ts';
import { fleetSettings, startWorkers } from './fleet.ts';
import { openOutside, repositoryOf, runOfChange } from './outside.ts';
import { openFrontDesk, runStates } from './runs.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

test('a run of 10 replays starts all of them within 3 s while a run of 1,000 has its jobs before it', async () => {
  const { databaseUrl, close } = await testDatabase();
  closing.push(close);
  const dataDir = await mkdtemp(join(tmpdir(), 'echelon-verify-fairness-'));
  closing.push(() => rm(dataDir, { recursive: true, force: true }));
  const outside = await openOutside({ workers: 2, changes: [1_000, 10] });
  closing.push(outside.close);
  Object.assign(outside.latency, { oracleMs: 300, judgeMs: 300 });
  const desk = await openFrontDesk(databaseUrl);
  closing.push(desk.close);
  const workers = await startWorkers(2, outside, fleetSettings(databaseUrl, dataDir));
  closing.push(() => Promise.all(workers.map((worker) => worker.end(1_000))));

  const accept = async (run: number, limit: number) =>
    desk.accept(
      await desk.owner(),
      runRequest({
        repoUrl: repositoryOf(run),
        constructId: `run-${run}`,
        oracleUrl: outside.oracleUrl,
        judge: 'anthropic',
        limit,
        minReplays: 5,
      }),
    );
  const begunOf = (run: number) => {
    const begun = new Map<number, number>();
    for (const { change, from } of outside.calls)
      if (runOfChange(change) === run && !begun.has(change)) begun.set(change, from);
    return [...begun.values()];
  };
  const count = async (run: number) => begunOf(run).length;

  await accept(0, 1_000);
  // All slots of both workers are taken, and the large run's other jobs wait for them.
  await eventually(
    'The large run',
    () => count(0),
    (begun) => begun >= 32,
    { withinMs: 60_000 },
  );
  const small = await accept(1, 10);
  await eventually(
    'The small run',
    () => count(1),
    (begun) => begun === 10,
    { withinMs: 60_000 },
  );
  // From when its changes are known on: what reading a repository takes is not the queue's.
  const [drawn] = await desk.db
    .select({ at: verificationReplays.createdAt })
    .from(verificationReplays)
    .where(eq(verificationReplays.runId, small))
    .limit(1);
  expect(Math.max(...begunOf(1)) - (drawn?.at.getTime() ?? 0)).toBeLessThan(3_000);
  const [large] = await runStates(desk.db);
  expect(large).toMatchObject({ construct: 'run-0', status: expect.stringMatching(/INVOKING|SCORING/) });
}, 150_000);
