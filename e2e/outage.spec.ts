import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { plainEnvironment } from '#testing/rigs/installation.ts';
import { freePort } from '../src/db/embedded/free-port.ts';
import { type StallingProxy, startStallingProxy } from '../src/testing/fleet/stalling-proxy.ts';

const projectRoot = join(import.meta.dirname, '..');

/** The web processes of a test. */
const started: ChildProcess[] = [];
let proxy: StallingProxy;
let dataDir: string;
test.beforeEach(async () => {
  proxy = await startStallingProxy(process.env.E2E_DATABASE_URL ?? '');
  dataDir = mkdtempSync(join(tmpdir(), 'echelon-verify-outage-'));
});
test.afterEach(async () => {
  // A test that failed has not ended it.
  for (const web of started.splice(0)) web.kill('SIGKILL');
  await proxy.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A web process whose database is behind the proxy. */
const startWeb = async (settings: Record<string, string> = {}) => {
  const port = String(await freePort());
  const baseUrl = `http://127.0.0.1:${port}`;
  const web = spawn(process.execPath, ['src/start/web.ts'], {
    cwd: projectRoot,
    env: plainEnvironment({
      DATABASE_URL: proxy.databaseUrl,
      DATA_DIR: dataDir,
      PORT: port,
      NEXTAUTH_URL: baseUrl,
      NEXTAUTH_SECRET: 'a-secret-of-a-test-only',
      SECRETS_KEY: 'ab'.repeat(32),
      LOG_KEY: 'cd'.repeat(32),
      SIGNING_KEY: 'ef'.repeat(32),
      ...settings,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(web);
  const exited = once(web, 'exit');
  let log = '';
  web.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  let errors = '';
  web.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
    process.stderr.write(text);
  });
  const status = async (path: string) => {
    const answer = await fetch(`${baseUrl}${path}`).catch(() => null);
    await answer?.body?.cancel();
    return answer?.status ?? 0;
  };
  await expect.poll(() => status('/api/ready')).toBe(200);
  return { web, exited, baseUrl, status, log: () => log, errors: () => errors };
};

const pages = ['/', '/certificates'];
const interfaces = ['/api/v1/verification/certificates', '/api/trpc/certificate.list'];

test('while the database is away every door says so with 503, and serves again once it is back', async () => {
  const { web, exited, baseUrl, status, log, errors } = await startWeb();
  for (const path of [...pages, ...interfaces]) expect(await status(path), path).toBe(200);
  proxy.hangUp(true);
  proxy.silence();
  for (const path of [...pages, ...interfaces]) {
    // Connections that were opened before are given up one after another.
    await expect.poll(() => status(path)).toBe(503);
    const answer = await fetch(`${baseUrl}${path}`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after'), path).toBe('5');
    const text = await answer.text();
    expect(text).toMatch(/database cannot be used at the moment/);
    expect(text).not.toMatch(/internal fault/i);
  }
  expect(await status('/api/health')).toBe(200);
  expect(await status('/api/ready')).toBe(503);
  proxy.hangUp(false);
  for (const path of [...pages, ...interfaces]) await expect.poll(() => status(path)).toBe(200);
  expect(log().split('The database cannot be used').length - 1).toBeLessThanOrEqual(3);
  expect(errors()).not.toMatch(/^\s+at |cannot be used/m);
  web.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

test('a web process whose connections go silent serves again within seconds, through new ones', async () => {
  const { web, status } = await startWeb();
  expect(await status('/certificates')).toBe(200);
  const before = proxy.opened;
  proxy.silence();
  await expect.poll(() => status('/certificates')).toBe(200);
  expect(proxy.opened).toBeGreaterThan(before);
  web.kill('SIGKILL');
});

test('who holds all connections of an address does not make the web process end itself', async () => {
  const { web, exited, baseUrl, status } = await startWeb({ UNREADY_SECONDS: '10' });
  const port = Number(new URL(baseUrl).port);
  const held = new Set<Socket>();
  const holdOne = () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    held.add(socket);
    socket.write('GET / HTTP/1.1\r\n');
    socket.once('close', () => held.delete(socket));
  };
  const hold = setInterval(() => {
    for (let missing = 300 - held.size; missing > 0; missing -= 1) holdOne();
  }, 200);
  await expect.poll(() => status('/api/ready')).toBe(0);
  // Twice its patience.
  const ended = await Promise.race([
    exited,
    new Promise((resolve) => setTimeout(resolve, 20_000, 'running')),
  ]);
  expect(ended).toBe('running');
  clearInterval(hold);
  for (const socket of held) socket.destroy();
  await expect.poll(() => status('/api/ready')).toBe(200);
  web.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

test('a web process ends in time on SIGTERM, and ends itself when it stays unready, though its database says nothing', async () => {
  const first = await startWeb({ GRACE_SECONDS: '2' });
  proxy.silenceNew(true);
  proxy.silence();
  const waiting = fetch(`${first.baseUrl}/certificates`).catch(() => null);
  const startedAt = Date.now();
  first.web.kill('SIGTERM');
  await first.exited;
  expect(Date.now() - startedAt).toBeLessThan(20_000);
  await waiting;
  proxy.silenceNew(false);
  const second = await startWeb({ UNREADY_SECONDS: '10' });
  proxy.silenceNew(true);
  proxy.silence();
  expect(await second.exited).toEqual([1, null]);
});
