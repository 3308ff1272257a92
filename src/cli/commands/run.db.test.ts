import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { createHandlers } from '#jobs/index.ts';
import type { Actor } from '#services/ground/index.ts';
import { createRun as createRunOf } from '#services/run/index.ts';
import { cutMessage, failRun, noteActivity } from '#services/state/transitions.ts';
import { storeCertificate } from '#testing/builders/stored-certificates.ts';
import { runCommand, runInProcess } from '#testing/rigs/command-line.ts';
import { openRig, runRequest } from '#testing/rigs/engine-rig.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { authOf } from '#testing/rigs/open-to-all.ts';
import { handleTrpc } from '#trpc/handler.ts';
import { openTerminal } from '../terminal.ts';
import { runProgram } from './program.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
let [a, b]: [Actor, Actor] = [{ userId: '' }, { userId: '' }];
let port: number;
let url: string;
let server: Server;
let token: string;
const folder = mkdtempSync(join(tmpdir(), 'echelon-run-'));
const tokenFile = join(folder, 'token');

/** The installation's tRPC interface behind a socket, as the route serves it. */
const serve = async () => {
  const { context: services } = rig;
  const auth = authOf(services, url);
  const served = createServer(
    getRequestListener((request) => handleTrpc({ services, auth }, request), {
      overrideGlobalObjects: false,
    }),
  ).listen(port, '127.0.0.1');
  await once(served, 'listening');
  return served;
};
const stop = async (served: Server) => {
  served.closeAllConnections();
  served.close();
  await once(served, 'close');
};

beforeAll(async () => {
  rig = await openRig();
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
  [a, b] = [await rig.user(), await rig.user()];
  token = await fullToken(rig.context, a);
  writeFileSync(tokenFile, `${token}\n`);
  server = await serve();
});
afterAll(async () => {
  await stop(server);
  rmSync(folder, { recursive: true });
  await rig.close();
});

const run = (...args: string[]) => runInProcess(['run', ...args, '--url', url, '--token-file', tokenFile]);
const createRun = (changes: Parameters<typeof runRequest>[0] = {}, actor = a) =>
  createRunOf(rig.context, actor, runRequest(changes));
/** A `run show --watch` under way. */
const watchRun = (runId: string, ...args: string[]) => {
  const stdout = new PassThrough();
  let said = '';
  const stderr = new Writable({
    write(words, _, done) {
      said += words;
      done();
    },
  });
  const interrupt = new AbortController();
  const all = ['run', 'show', runId, '--watch', ...args, '--url', url, '--token-file', tokenFile];
  const code = runProgram(all, {
    readSettings: () => expect.unreachable(),
    terminal: openTerminal(stdout, stderr),
    signal: interrupt.signal,
  });
  return { code, stdout, said: () => said, interrupt };
};
/** A failed run whose changes are drawn, so that it can be resumed. */
const failedRun = async (changes: Parameters<typeof runRequest>[0] = {}) => {
  const { runId } = await createRun(changes);
  const { handlers } = createHandlers(rig.context);
  await handlers['ingest-run']({ runId }, new AbortController().signal);
  await failRun(rig.db, runId, cutMessage('The judge \u001b[2Jwas away.'), rig.context.now());
  return runId;
};

/** Makes the run look certified. */
const setCompleted = async (runId: string) => {
  const certificateId = await storeCertificate(rig.db, {
    constructId: 'construct',
    supported: 4,
    createdAt: rig.context.now(),
  });
  await rig.database.sql`
    update verification_runs set status = 'COMPLETED', error = null, certificate_id = ${certificateId}
    where id = ${runId}`;
};

test('run show shows status, progress, cost, what the run waits for, and what can be done', async () => {
  const { runId } = await createRun({ maxCostUsd: 5 });
  await rig.database.sql`update verification_runs set status = 'INGESTING' where id = ${runId}`;
  await noteActivity(rig.db, runId, 'Waits for GitHub until 10:05.');
  const waiting = await run('show', runId);
  expect(waiting).toMatchObject({ code: 0, stderr: '' });
  expect(waiting.stdout).toMatch(/^Status +INGESTING$/m);
  expect(waiting.stdout).toMatch(/^Progress +no replay yet$/m);
  expect(waiting.stdout).toMatch(/^Cost +0\.0000 USD of at most 5\.0000 USD$/m);
  expect(waiting.stdout).toMatch(/^Just now +Waits for GitHub until 10:05\.$/m);
  expect(waiting.stdout).toMatch(/^Can be done +run cancel: [^;]+$/m);
  expect(waiting.stdout).not.toContain('Error');

  const failed = await run('show', await failedRun({ oracleHeaders: { 'X-Api-Key': 'planted' } }));
  expect(failed.code).toBe(0);
  expect(failed.stdout).toMatch(/^Progress +0 of 3 replays$/m);
  expect(failed.stdout).toMatch(/^Error +The judge was away\.$/m);
  expect(failed.stdout).toMatch(/^Can be done +run resume: .*; run retry: /m);
  expect(failed.stdout).toMatch(/^Give again +with --oracle-header: X-Api-Key$/m);
});

test('run list shows the user’s own runs, newest first and filtered, and says how many are left out', async () => {
  await createRun({ constructId: 'listed' }, b);
  const ids: string[] = [];
  for (const _ of [1, 2, 3]) ids.push((await createRun({ constructId: 'listed' })).runId);
  const page = await run('list', '--construct-id', 'listed', '--limit', '2');
  expect(page.code).toBe(0);
  const shown = page.stdout.split('\n').slice(1, -1);
  expect(shown.map((line) => line.slice(0, 36))).toEqual([ids[2], ids[1]]);
  expect(page.stderr).toContain('2 of 3.');
  const asJson = await run('list', '--construct-id', 'listed', '--offset', '2', '--json');
  expect(JSON.parse(asJson.stdout)).toMatchObject({
    runs: [{ run_id: ids[0], construct_id: 'listed', oracle_header_names: [] }],
    total: 3,
    limit: 20,
    offset: 2,
  });
  const none = await run('list', '--construct-id', 'listed', '--status', 'COMPLETED');
  expect(none).toMatchObject({ code: 0, stdout: '', stderr: 'There are no such runs.\n' });
});

test('run cancel ends a run, says that nothing was done if it had already ended, and fails if it was completed', async () => {
  const { runId } = await createRun();
  for (const message of ['', 'Nothing was done: the run had already ended.\n']) {
    const cancelled = await run('cancel', runId, '--json');
    expect(cancelled).toMatchObject({ code: 0, stderr: message });
    expect(JSON.parse(cancelled.stdout)).toMatchObject({
      run_id: runId,
      status: 'FAILED',
      error: 'Cancelled by its owner',
      can: { cancel: false, resume: false, retry: true },
    });
  }
  await setCompleted(runId);
  expect(await run('cancel', runId)).toMatchObject({
    code: 1,
    stderr: 'Nothing was done: the run was already completed, and its certificate stands.\n',
  });
});

test('run resume and run retry print only the new run’s id, and pass on what is given again', async () => {
  const address = 'https://oracle.example/ask';
  const id = await failedRun({
    oracleUrl: `${address}?key=planted`,
    oracleHeaders: { 'X-Api-Key': 'planted' },
  });
  const again = ['--oracle-header', 'X-Api-Key: one:two', '--oracle-url', `${address}?key=new`];
  const resumed = await run('resume', id, ...again, '--max-cost', '2.5');
  expect(resumed).toMatchObject({ code: 0, stderr: expect.stringContaining('the same attempt') });
  const runId = resumed.stdout.trim();
  expect(JSON.parse((await run('show', runId, '--json')).stdout)).toMatchObject({
    run_id: runId,
    continues_run_id: id,
    continuation: 'resume',
    max_cost_usd: 2.5,
  });
  const [row] = await rig.database.sql`select sealed from run_secrets where run_id = ${runId}`;
  expect(rig.context.secretBox.open(runId, row?.sealed)).toEqual({
    githubToken: null,
    oracleUrl: `${address}?key=new`,
    oracleHeaders: { 'X-Api-Key': 'one:two' },
  });
  const retried = await run('retry', id, ...again, '--json');
  expect(JSON.parse(retried.stdout)).toEqual({
    run_id: expect.any(String),
    status: 'INGESTING',
    created_at: expect.any(String),
    judge: 'offline',
  });
  expect((await run('resume', id, ...again)).stderr).toContain('resumed already');
});

test('a run that had a GitHub token takes it again from a file', async () => {
  const { runId } = await createRun({ githubToken: 'ghp_planted' });
  await run('cancel', runId);
  const without = await run('retry', runId);
  expect(without).toMatchObject({ code: 2, stdout: '' });
  expect(without.stderr).toMatch(/^--github-token-file: .*Give it again\.$/m);
  const githubTokenFile = join(folder, 'github');
  writeFileSync(githubTokenFile, 'ghp_again\n');
  expect(await run('retry', runId, '--github-token-file', githubTokenFile)).toMatchObject({ code: 0 });
});

test('run show --watch ends with the run, survives a restart of the installation, and a failed run is exit code 1', async () => {
  const { runId } = await createRun();
  const { code, stdout, said } = watchRun(runId, '--json');
  await expect.poll(said).toMatch(/^PENDING –.*\n/);
  await stop(server);
  await expect.poll(said).toContain('does not answer');
  server = await serve();
  await failRun(rig.db, runId, 'It failed.', rig.context.now());
  expect(await code).toBe(1);
  expect(said()).toMatch(/PENDING –.*\n.*does not answer/);
  expect(JSON.parse(String(stdout.read()))).toMatchObject({ status: 'FAILED', error: 'It failed.' });
  await setCompleted(runId);
  expect(await run('show', runId, '--watch')).toMatchObject({ code: 0 });
});

test('a command that stops watching says that the run itself goes on, and it does', async () => {
  const { runId } = await createRun();
  const { code, stdout, said, interrupt } = watchRun(runId);
  await expect.poll(said).toMatch(/^PENDING –.*\n/);
  interrupt.abort();
  expect(await code).toBe(1);
  expect(stdout.read()).toBe(null);
  expect(said()).toMatch(/^PENDING –.*\nThe run itself goes on\.\nStopped\.\n$/);
  expect((await run('show', runId)).stdout).toMatch(/^Status +PENDING$/m);
});

test('a token can come from standard input, so that no argument holds it', async () => {
  const main = join(import.meta.dirname, '../main.ts');
  const child = spawn(process.execPath, [main, 'run', 'list', '--url', url, '--token-file', '-', '--json'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(`${token}\n`);
  const stdout = await text(child.stdout);
  expect(JSON.parse(stdout)).toMatchObject({ limit: 20, offset: 0 });
});

test('a refused token, an unknown run and one in the wrong state are failures, reported without the token', async () => {
  const { runId } = await createRun({}, b);
  const wrong = await runInProcess(['run', 'show', runId, '--url', url, '--token', 'ev_planted']);
  expect(wrong).toMatchObject({ code: 1, stdout: '' });
  expect(wrong.stderr).toContain(`${url} refused the token`);
  expect(wrong.stderr).not.toContain('planted');
  for (const id of [runId, '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11', 'malformed'])
    for (const verb of ['show', 'cancel', 'resume', 'retry'])
      expect(await run(verb, id)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('There is no such run of yours.'),
      });
  const own = (await createRun()).runId;
  expect(await run('resume', own)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Only a run that has failed'),
  });
});

test('a wrong field is wrong usage, reported by its option and without its value', async () => {
  const id = await failedRun({ oracleHeaders: { 'X-Api-Key': 'planted' } });
  for (const [args, words] of [
    [[], '--oracle-header: The values of headers were erased when the run ended. Give them again: X-Api-Key'],
    [['--oracle-header', 'X-Api-Key: pl\u00e4nted'], '--oracle-header: A header value must be visible ASCII'],
    [['--oracle-header', 'planted'], 'The first --oracle-header must be'],
    [['--oracle-url', 'ftp://x', '--oracle-header', 'X-Api-Key: planted'], '--oracle-url: Must be an http'],
    [['--max-cost', '0'], 'Must be above 0'],
    [['--max-cost', 'much'], '--max-cost'],
    [['--github-token-file', join(folder, 'none')], 'could not be read (ENOENT)'],
  ] as const) {
    const outcome = await run('resume', id, ...args);
    expect(outcome, words).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain(words);
    expect(outcome.stderr).not.toMatch(/pl[aä]nted/);
  }
});

test('without --url the installation of the environment is asked: NEXTAUTH_URL, else HOST and PORT', async () => {
  const list = (env: Record<string, string>, ...args: string[]) =>
    runCommand(['run', 'list', '--token-file', tokenFile, ...args], { env });
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const [byPort, byUrl, byOption] = await Promise.all([
    list({ HOST: '0.0.0.0', PORT: `${port}` }),
    list({ PORT: new URL(nowhere).port, NEXTAUTH_URL: url }),
    list({ NEXTAUTH_URL: nowhere }, '--url', url),
  ]);
  expect([byPort.code, byUrl.code, byOption.code]).toEqual([0, 0, 0]);
  expect(await list({ PORT: `${port}`, NEXTAUTH_URL: nowhere })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`Nothing listens at ${nowhere}.`),
  });
});

test('an address where nothing listens, or something else does, is a failure that names it', async () => {
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const ask = (at: string) => runInProcess(['run', 'list', '--url', at, '--token-file', tokenFile]);
  expect(await ask(nowhere)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(`Nothing listens at ${nowhere}. Start`),
  });
  const page = createServer(({ url }, response) => {
    const json = url?.startsWith('/json/');
    response.writeHead(502, { 'content-type': json ? 'application/json' : 'text/html' });
    response.end(json ? '{"error":"planted"}' : '<html>');
  }).listen(0, '127.0.0.1');
  await once(page, 'listening');
  const address = page.address();
  const other = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  expect(await ask(other)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${other} (HTTP 502) is not an Echelon Verify installation`),
  });
  expect(await ask(`${other}/json/`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${other}/json (in JSON) is not an Echelon Verify installation`),
  });
  await stop(page);
});

test('without a usable address or token nothing is asked', async () => {
  const blank = join(folder, 'blank');
  writeFileSync(blank, ' \n');
  for (const [args, words] of [
    [['--url', url], '--token-file'],
    [['--url', url, '--token-file', blank], 'must hold a token'],
    [['--url', url, '--token', 'planted two'], 'must hold a token'],
    [['--url', url, '--token', 'planted', '--token-file', tokenFile], 'cannot be used with'],
    [['--url', 'localhost', '--token-file', tokenFile], 'must be an http or https address'],
    [['--url', 'http://u:planted@127.0.0.1', '--token-file', tokenFile], 'without user info'],
  ] as const) {
    const outcome = await runInProcess(['run', 'list', ...args]);
    expect(outcome, words).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain(words);
    expect(outcome.stderr).not.toContain('planted');
  }
});
