import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { projectRoot } from '#start/child.ts';
import { eventually } from '#testing/fleet/eventually.ts';
import { openFleet } from '#testing/fleet/open-fleet.ts';
import { runStates } from '#testing/fleet/runs.ts';
import { startStallingProxy } from '#testing/fleet/stalling-proxy.ts';
import { childEnvironment } from '#testing/rigs/child-environment.ts';

/** A fleet of one worker whose database is behind the proxy. */
const workerBehindProxy = async () => {
  const fleet = await openFleet({ workers: 1, changes: [40] });
  Object.assign(fleet.outside.latency, { oracleMs: 300, judgeMs: 300 });
  const proxy = await startStallingProxy(fleet.databaseUrl);
  onTestFinished(proxy.close);
  return { ...fleet, proxy, behindProxy: { DATABASE_URL: proxy.databaseUrl } };
};

test('a run continues when every connection of its worker goes silent', async () => {
  const rig = await workerBehindProxy();
  const { proxy, db } = rig;
  const [worker] = await rig.start(rig.behindProxy);
  await rig.accept(0, { minReplays: 5 });
  const state = async () => (await runStates(db))[0];
  await eventually('Progress', state, (run) => (run?.progress ?? 0) > 0, { withinMs: 120_000 });
  const before = proxy.opened;
  const stored = (await state())?.progress ?? 0;
  proxy.silence();
  // Half a minute on a quiet machine. The bound only catches what hangs.
  await eventually('Progress again', state, (run) => (run?.progress ?? 0) > stored, {
    withinMs: 150_000,
  });
  // Through new connections, not through those that had bytes under way.
  expect(proxy.opened).toBeGreaterThan(before);
  const run = await eventually('The end', state, (seen) => seen?.status === 'COMPLETED', {
    withinMs: 170_000,
  });
  expect(run).toMatchObject({ progress: 40, total: 40 });
  expect(worker?.crashes).toBe(0);
  // One outage, few lines.
  const lines =
    worker
      ?.said()
      .split('\n')
      .filter((line) => line.includes('The database cannot be used')) ?? [];
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(5);
}, 600_000);

/** A worker that the test starts and ends itself. */
const startWorker = async (settings: Record<string, string>) => {
  const port = await freePort();
  const worker = spawn(process.execPath, ['src/worker.ts'], {
    cwd: projectRoot,
    env: { ...childEnvironment, METRICS_PORT: String(port), ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void worker.kill('SIGKILL'));
  const exited = once(worker, 'exit');
  let log = '';
  worker.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  await expect.poll(() => log).toContain('The worker is ready');
  const status = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  return { worker, exited, status, log: () => log };
};

test('SIGTERM ends a worker within its grace period and a little, though its database says nothing', async () => {
  const rig = await workerBehindProxy();
  const { worker, exited } = await startWorker({
    ...rig.settingsOf(0),
    ...rig.behindProxy,
    GRACE_SECONDS: '2',
  });
  await rig.accept(0, { minReplays: 5 });
  await eventually(
    'A call',
    async () => rig.outside.calls.length,
    (calls) => calls > 0,
    { withinMs: 120_000 },
  );
  rig.proxy.silenceNew(true);
  rig.proxy.silence();
  const startedAt = performance.now();
  worker.kill('SIGTERM');
  await exited;
  expect(performance.now() - startedAt).toBeLessThan(15_000);
});

test('a worker whose database stays silent is alive, not ready, and ends after UNREADY_SECONDS', async () => {
  const rig = await workerBehindProxy();
  const { exited, status, log } = await startWorker({
    ...rig.settingsOf(0),
    ...rig.behindProxy,
    UNREADY_SECONDS: '10',
  });
  expect([await status('/health'), await status('/ready')]).toEqual([200, 200]);
  rig.proxy.silenceNew(true);
  rig.proxy.silence();
  expect([await status('/health'), await status('/ready')]).toEqual([200, 503]);
  expect(await exited).toEqual([1, null]);
  expect(log()).toContain('The worker was not ready for too long, and ends');
});
