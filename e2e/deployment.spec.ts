import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import postgres from 'postgres';
import { localOwner } from '#services/account/index.ts';
import {
  afterBuild,
  firstContainer,
  type HttpProbe,
  type PodSpec,
  service,
  webPod,
  workerPod,
} from '#testing/builders/deployment.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { plainEnvironment } from '#testing/rigs/installation.ts';
import { copyProject, runInCopy } from '#testing/rigs/project-copy.ts';
import { openDatabase } from '../src/db/client.ts';
import { freePort } from '../src/db/embedded/free-port.ts';
import { startProxy } from '../src/testing/fleet/proxy.ts';

// The commands, variables and probes of compose.yaml and of the Kubernetes example, run as plain processes on one
// machine with the image's packages.

const projectRoot = join(import.meta.dirname, '..');

/** Catches what hangs. A busy machine takes many times as long as an idle one. */
const hangsMs = 90_000;

/** The contents of .env. */
const secrets: Record<string, string> = {
  POSTGRES_PASSWORD: 'of-a-test',
  NEXTAUTH_SECRET: 'a-secret-of-a-test-only',
  SECRETS_KEY: 'ab'.repeat(32),
  LOG_KEY: 'cd'.repeat(32),
  SIGNING_KEY: 'ef'.repeat(32),
  METRICS_TOKEN: 'a-token-of-a-test-only',
  NEXTAUTH_URL: 'http://127.0.0.1',
};

/** A service's variables as compose fills them in. One that .env lacks is an error, as in compose. */
const environmentOf = (name: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(service(name).environment).map(([variable, text]) => [
      variable,
      text.replace(/\$\{(\w+):\?[^}]+\}/g, (_, wanted: string) => {
        const value = secrets[wanted];
        if (value === undefined) throw new Error(`compose.yaml wants ${wanted}.`);
        return value;
      }),
    ]),
  );

const started: ChildProcess[] = [];
/** What the processes reported, shown beside a request that failed. */
let reported = '';
const run = (command: string[], settings: Record<string, string>) => {
  const [program, ...argv] = command;
  expect(program).toBe('node');
  const child = spawn(process.execPath, argv, {
    cwd: image,
    env: plainEnvironment({ LOG_LEVEL: 'warn', ...settings }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    reported += `${command.join(' ')} (${child.pid}): ${text}`;
  });
  started.push(child);
  const exited = once(child, 'exit').then(([code, signal]) => {
    reported += `${command.join(' ')} (${child.pid}) ended: ${code ?? signal}\n`;
    return code ?? signal;
  });
  return { child, exited };
};

type Place = { name: 'web' | 'worker'; settings: Record<string, string>; port: number; pod: PodSpec };
type Running = Place & ReturnType<typeof run>;

const probe = async ({ port }: Place, { httpGet }: HttpProbe): Promise<number> => {
  const answer = await fetch(`http://127.0.0.1:${port}${httpGet.path}`).catch(() => null);
  await answer?.body?.cancel();
  return answer?.status ?? 0;
};

const start = (place: Place): Running => ({ ...place, ...run(service(place.name).command, place.settings) });

const untilReady = (place: Place) =>
  expect
    .poll(() => probe(place, firstContainer(place.pod).readinessProbe), {
      timeout: hangsMs,
      intervals: [100],
    })
    .toBe(200);

/** Ends a process by SIGTERM and starts the same command in its place. */
const restart = async (old: Running): Promise<Running> => {
  const startedAt = Date.now();
  old.child.kill('SIGTERM');
  expect(await old.exited).toBe(0);
  expect(Date.now() - startedAt).toBeLessThan(old.pod.terminationGracePeriodSeconds * 1_000);
  const next = start(old);
  await untilReady(next);
  return next;
};

let databaseUrl: string;
let folder: string;
let image: string;
const databaseName = 'deployment';
const onServer = async (work: (sql: postgres.Sql) => Promise<unknown>) => {
  const sql = postgres(process.env.E2E_DATABASE_URL ?? '', { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
};

test.beforeAll(async () => {
  await onServer((sql) => sql`create database ${sql(databaseName)}`);
  const url = new URL(process.env.E2E_DATABASE_URL ?? '');
  url.pathname = `/${databaseName}`;
  databaseUrl = url.href;
  folder = mkdtempSync(join(tmpdir(), 'echelon-verify-deployment-'));
  image = join(folder, 'image');
  mkdirSync(image);
  copyProject(image);
  runInCopy(image, afterBuild);
  // The image has no git history either.
  const sample = 'src/platform/git/sample-ground-truth.jsonl';
  runInCopy(image, `node src/cli/main.ts ingest '${projectRoot}' --out ${sample}`);
});

test.afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill('SIGKILL');
  await onServer((sql) => sql`drop database ${sql(databaseName)} with (force)`);
  rmSync(folder, { recursive: true, force: true });
});

test('a rolling restart of web and workers loses no run and no request', async () => {
  test.setTimeout(4 * hangsMs);
  const ports = [await freePort(), await freePort()];
  const proxy = await startProxy(ports);
  const baseUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const settingsOf = (name: string, place: string): Record<string, string> => ({
    ...environmentOf(name),
    DATABASE_URL: databaseUrl,
    NEXTAUTH_URL: baseUrl,
    DATA_DIR: join(folder, place),
    TMPDIR: folder,
  });

  expect(await run(service('migrate').command, settingsOf('migrate', 'migrate')).exited).toBe(0);

  const webs: Running[] = ports.map((port, place) =>
    start({
      name: 'web',
      port,
      pod: webPod,
      settings: { ...settingsOf('web', `web-${place}`), PORT: String(port) },
    }),
  );
  const workers: Running[] = [];
  for (const place of [0, 1]) {
    const port = await freePort();
    const settings = { ...settingsOf('worker', `worker-${place}`), METRICS_PORT: String(port) };
    workers.push(start({ name: 'worker', port, pod: workerPod, settings }));
  }
  await Promise.all([...webs, ...workers].map(untilReady));
  for (const program of [...webs, ...workers]) {
    expect(await probe(program, firstContainer(program.pod).livenessProbe)).toBe(200);
    const [, ...healthcheck] = service(program.name).healthcheck?.test ?? [];
    expect(await run(healthcheck, program.settings).exited).toBe(0);
  }
  const [webA, webB] = webs as [Running, Running];
  const [workerA, workerB] = workers as [Running, Running];
  const metricsUrl = `http://127.0.0.1:${workerA.port}/metrics`;
  expect((await fetch(metricsUrl)).status).toBe(401);
  const scraped = await fetch(metricsUrl, { headers: { authorization: `Bearer ${secrets.METRICS_TOKEN}` } });
  expect(scraped.status).toBe(200);

  const database = openDatabase(databaseUrl, { max: 1 });
  const say = () => {};
  const log = { error: say, warn: say, info: say, debug: say };
  const token = await fullToken({ db: database.db, log }, await localOwner(database));
  await database.close();
  const authorization = `Bearer ${token}`;
  const startRun = async (at: string): Promise<string> => {
    const answer = await fetch(`${at}/api/trpc/run.createSample`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { result: { data: { runId: string } } }).result.data.runId;
  };
  const readRun = async (at: string, runId: string) => {
    const answer = await fetch(`${at}/api/v1/verification/runs/${runId}`, { headers: { authorization } });
    expect(answer.status).toBe(200);
    return (await answer.json()) as { status: string; progress: number; total: number };
  };
  const addressOf = ({ port }: Place) => `http://127.0.0.1:${port}`;
  const untilCertified = (at: string, runId: string) =>
    expect.poll(async () => (await readRun(at, runId)).status, { timeout: hangsMs }).toBe('COMPLETED');

  // Started through one web process, watched through the other.
  await untilCertified(addressOf(webB), await startRun(addressOf(webA)));

  const failures: string[] = [];
  const visited = ['/api/health', '/certificates', '/api/v1/verification/runs'];
  const answered = [0, 0];
  let going = true;
  const visitor = async (place: number) => {
    while (going) {
      for (const path of visited) {
        try {
          const answer = await fetch(`${baseUrl}${path}`, { headers: { authorization } });
          const text = await answer.text();
          if (answer.status === 200) answered[place] = (answered[place] ?? 0) + 1;
          else failures.push(`${path} ${answer.status} ${text.slice(0, 100)}`);
        } catch (error) {
          failures.push(`${path} ${error instanceof Error ? (error.cause ?? error.message) : error}`);
        }
      }
      await delay(60);
    }
  };
  const visitors = answered.map((_, place) => visitor(place));
  /** Waits until each visitor was answered at each address by the present processes. */
  const untilVisited = async () => {
    // The answer under way may be to an earlier request.
    const enough = answered.map((count) => count + visited.length + 1);
    await expect
      .poll(() => failures.length > 0 || enough.every((count, place) => (answered[place] ?? 0) >= count), {
        timeout: hangsMs,
      })
      .toBe(true);
    expect(failures, reported).toEqual([]);
  };

  await untilVisited();

  // `next start` would wait for these until it is killed: a connection that sends nothing, and an endless stream.
  const silent = connect(webA.port, '127.0.0.1').on('error', () => {});
  await once(silent, 'connect');
  const silenced = new Promise<void>((resolve) => silent.resume().once('close', () => resolve()));
  const runIds = [await startRun(baseUrl)];
  const stream = await fetch(
    `${addressOf(webA)}/api/trpc/run.changes?input=${encodeURIComponent(JSON.stringify({ id: runIds[0] }))}`,
    { headers: { authorization, accept: 'text/event-stream' } },
  );
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const streamed = stream.text();
  // A request whose body is still arriving when the process gets SIGTERM.
  const body = JSON.stringify({
    pr: { id: '1', title: 'A title', description: '', diff_content: '', files_changed: [] },
    follow_up_question: 'Which files?',
  });
  const underWay = httpRequest(`${addressOf(webA)}/api/demo-oracle/good`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', expect: '100-continue' },
    agent: false,
  });
  const begun = once(underWay, 'continue');
  const late = once(underWay, 'response').then(([answer]) => answer.resume().statusCode);
  underWay.write(body.slice(0, 10));
  await begun;
  const restarted = restart(webA);
  // The process has closed the silent connection and still waits for this request.
  await silenced;
  underWay.end(body.slice(10));
  expect(await late).toBe(200);
  // It ended as a complete answer and was not cut off, so its reader just reconnects.
  expect(await streamed).toContain('data:');
  const programs = [await restarted];
  await untilVisited();

  for (const old of [webB, workerA, workerB]) {
    runIds.push(await startRun(baseUrl));
    programs.push(await restart(old));
    await untilVisited();
  }
  for (const runId of runIds) await untilCertified(baseUrl, runId);
  going = false;
  await Promise.all(visitors);
  expect(failures, reported).toEqual([]);
  for (const runId of runIds) {
    const { progress, total } = await readRun(baseUrl, runId);
    expect(progress).toBe(total);
  }

  for (const { child } of programs) child.kill('SIGTERM');
  expect(await Promise.all(programs.map(({ exited }) => exited))).toEqual([0, 0, 0, 0]);
  proxy.closeAllConnections();
  proxy.close();
});
