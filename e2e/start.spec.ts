import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { plainEnvironment, startInstallation } from '#testing/rigs/installation.ts';
import { copyProject, runInCopy } from '#testing/rigs/project-copy.ts';
import { freePort } from '../src/db/embedded/free-port.ts';

const projectRoot = join(import.meta.dirname, '..');

type Process = { pid: number; parent: number; command: string };

/** Every living process. A zombie has ended and only waits to be collected. */
const processes = (): Process[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return state === 'Z' ? [] : [{ pid: Number(entry), parent: Number(parent), command }];
      } catch {
        return [];
      }
    });

const descendantsOf = (pid: number): Process[] => {
  const all = processes();
  const below = (parent: number): Process[] =>
    all.filter((child) => child.parent === parent).flatMap((child) => [child, ...below(child.pid)]);
  return below(pid);
};

const alive = (some: Process[]): string[] => {
  const all = processes();
  return some
    .filter(({ pid, command }) => all.some((other) => other.pid === pid && other.command === command))
    .map(({ command }) => command);
};

let dataDir: string;

test.beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'echelon-verify-start-'));
  // If the tests run as root, Postgres's account must be able to enter it.
  chmodSync(dataDir, 0o711);
});

test.afterEach(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 }));

const pidOf = ({ process }: { process: { pid?: number | undefined } }): number => {
  if (process.pid === undefined) throw new Error('The installation has no process.');
  return process.pid;
};

/** Some have ended already, together with one killed before. */
const killIfAlive = (pid: number) => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};

/** Runs the program of `npm start` until it ends. */
const startAgain = (settings: Record<string, string>, folder = projectRoot) =>
  spawnSync(process.execPath, ['src/start.ts'], {
    cwd: folder,
    env: plainEnvironment(settings),
    encoding: 'utf8',
    timeout: 60_000,
  });

test('SIGTERM ends the server, the worker and the database within ten seconds', async () => {
  const installation = await startInstallation({ DATA_DIR: dataDir });
  const started = descendantsOf(pidOf(installation));
  expect(started.map(({ command }) => command).join('\n')).toMatch(
    /worker\.ts[\s\S]*postgres|postgres[\s\S]*worker\.ts/,
  );
  const startedAt = Date.now();
  await installation.stop();
  expect(Date.now() - startedAt).toBeLessThan(10_000);
  expect(alive(started)).toEqual([]);
  expect(installation.process.exitCode).toBe(0);
});

test('after kill -9 no process is left, and the next start recovers without help', async () => {
  const first = await startInstallation({ DATA_DIR: dataDir });
  const started = descendantsOf(pidOf(first));
  first.process.kill('SIGKILL');
  await expect.poll(() => alive(started)).toEqual([]);
  const next = await startInstallation({ DATA_DIR: dataDir });
  expect((await fetch(`${next.baseUrl}/api/health`)).status).toBe(200);
  await next.stop();
});

test('after kill -9 of everything else, the next start ends the database server that was left', async () => {
  const first = await startInstallation({ DATA_DIR: dataDir });
  const started = descendantsOf(pidOf(first));
  // This also kills the watch that would end the server, so the server outlives all others.
  for (const { pid, command } of started) if (!/postgres/.test(command)) killIfAlive(pid);
  first.process.kill('SIGKILL');
  const next = await startInstallation({ DATA_DIR: dataDir });
  expect((await fetch(`${next.baseUrl}/api/health`)).status).toBe(200);
  expect(alive(started)).toEqual([]);
  await next.stop();
});

test('a killed worker is started again', async () => {
  const installation = await startInstallation({ DATA_DIR: dataDir });
  const worker = () =>
    descendantsOf(pidOf(installation)).find(({ command }) => command.includes('worker.ts'))?.pid;
  const killed = worker();
  if (killed === undefined) throw new Error('There is no worker.');
  process.kill(killed, 'SIGKILL');
  await expect.poll(worker).toBeGreaterThan(killed);
  await installation.stop();
});

test('a killed database server is started again, and web and worker continue', async () => {
  const workersPort = await freePort();
  const installation = await startInstallation({ DATA_DIR: dataDir, METRICS_PORT: String(workersPort) });
  // A worker that is still starting ends without a database, and is started again.
  const workerStatus = () =>
    fetch(`http://127.0.0.1:${workersPort}/ready`).then(
      ({ status }) => status,
      () => 0,
    );
  await expect.poll(workerStatus).toBe(200);
  const before = descendantsOf(pidOf(installation));
  const programs = before.filter(({ command }) => /src\/(?:start\/web|worker)\.ts/.test(command));
  const postmaster = before.find(({ command }) => /postgres -D /.test(command));
  if (postmaster === undefined) throw new Error('There is no database server.');
  process.kill(postmaster.pid, 'SIGKILL');
  await expect.poll(() => alive([postmaster])).toEqual([]);
  const ready = async () => (await fetch(`${installation.baseUrl}/api/ready`)).status;
  await expect.poll(ready).toBe(200);
  expect((await fetch(`${installation.baseUrl}/certificates`)).status).toBe(200);
  expect(programs).toHaveLength(2);
  expect(alive(programs)).toHaveLength(2);
  await installation.stop();
  expect(alive(descendantsOf(pidOf(installation)))).toEqual([]);
});

test('a second start on the same data directory says that it is in use, and the first keeps running', async () => {
  const first = await startInstallation({ DATA_DIR: dataDir });
  const second = startAgain({ DATA_DIR: dataDir, PORT: String(await freePort()) });
  expect(second.status).toBe(1);
  expect(second.stderr).toContain(`Another Echelon Verify runs on the data directory ${dataDir}`);
  expect((await fetch(`${first.baseUrl}/api/health`)).status).toBe(200);
  await first.stop();
});

test('a taken port is named, with another to try', async ({ baseURL }) => {
  const port = new URL(baseURL ?? '').port;
  const second = startAgain({ DATA_DIR: dataDir, PORT: port });
  expect(second.status).toBe(1);
  expect(second.stderr).toContain(
    `PORT ${port} is taken by another program. Choose a free one, for example PORT=`,
  );
});

test('a bad variable stops the start with its name and an example', () => {
  const bad = startAgain({ DATA_DIR: dataDir, PORT: 'eighty' });
  expect(bad.status).toBe(1);
  expect(bad.stderr).toContain('PORT must be a whole number from 1 to 65535, for example PORT=3000');
});

test('without development packages a built application starts, and an outdated build is refused with what to do', async () => {
  const folder = join(dataDir, 'project');
  mkdirSync(folder);
  copyProject(folder);
  runInCopy(folder, 'npm prune --omit=dev --ignore-scripts');
  const settings = { DATA_DIR: join(dataDir, 'data') };
  mkdirSync(settings.DATA_DIR);
  const installation = await startInstallation(settings, folder);
  expect((await fetch(`${installation.baseUrl}/certificates`)).status).toBe(200);
  await installation.stop();
  writeFileSync(join(folder, 'src/contracts/planted.ts'), 'export const planted = true;\n');
  const refused = startAgain({ ...settings, PORT: String(await freePort()) }, folder);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('run npm install --include=dev');
});
