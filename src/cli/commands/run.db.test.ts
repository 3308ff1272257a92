import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHandlers } from '#jobs/index.ts';
import { createRun as createRunOf } from '#services/run/index.ts';
import { cutMessage, failRun, noteActivity } from '#services/state/transitions.ts';
import { storeCertificate } from '#testing/builders/stored-certificates.ts';
import { runInProcess } from '#testing/rigs/command-line.ts';
import { runRequest } from '#testing/rigs/engine-rig.ts';
import { openServedRig, type ServedRig } from '#testing/rigs/served-rig.ts';
import { openTerminal } from '../terminal.ts';
import { runProgram } from './program.ts';

let at: ServedRig;
beforeAll(async () => {
  at = await openServedRig();
});
afterAll(() => at.close());

const run = (...args: string[]) =>
  runInProcess(['run', ...args, '--url', at.url, '--token-file', at.tokenFile]);
const createRun = (changes: Parameters<typeof runRequest>[0] = {}, actor = at.owner) =>
  createRunOf(at.rig.context, actor, runRequest(changes));
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
  const all = ['run', 'show', runId, '--watch', ...args, '--url', at.url, '--token-file', at.tokenFile];
  const code = runProgram(all, {
    readSettings: () => expect.unreachable(),
    terminal: openTerminal(stdout, stderr, new PassThrough()),
    signal: interrupt.signal,
  });
  return { code, stdout, said: () => said, interrupt };
};
/** A failed run whose changes are drawn, so that it can be resumed. */
const failedRun = async (changes: Parameters<typeof runRequest>[0] = {}) => {
  const { runId } = await createRun(changes);
  const { handlers } = createHandlers(at.rig.context);
  await handlers['ingest-run']({ runId }, new AbortController().signal);
  await failRun(at.rig.db, runId, cutMessage('The judge \u001b[2Jwas away.'), at.rig.context.now());
  return runId;
};

/** Makes the run look certified. */
const setCompleted = async (runId: string) => {
  const certificateId = await storeCertificate(at.rig.db, {
    constructId: 'construct',
    supported: 4,
    createdAt: at.rig.context.now(),
  });
  await at.rig.database.sql`
    update verification_runs set status = 'COMPLETED', error = null, certificate_id = ${certificateId}
    where id = ${runId}`;
};

test('run show shows status, progress, cost, what the run waits for, and what can be done', async () => {
  const { runId } = await createRun({ maxCostUsd: 5 });
  await at.rig.database.sql`update verification_runs set status = 'INGESTING' where id = ${runId}`;
  await noteActivity(at.rig.db, runId, 'Waits for GitHub until 10:05.');
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
  await createRun({ constructId: 'listed' }, await at.rig.user());
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
  const [row] = await at.rig.database.sql`select sealed from run_secrets where run_id = ${runId}`;
  expect(at.rig.context.secretBox.open(runId, row?.sealed)).toEqual({
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
  const githubTokenFile = join(at.folder, 'github');
  writeFileSync(githubTokenFile, 'ghp_again\n');
  expect(await run('retry', runId, '--github-token-file', githubTokenFile)).toMatchObject({ code: 0 });
});

test('run show --watch ends with the run, survives a restart of the installation, and a failed run is exit code 1', async () => {
  const { runId } = await createRun();
  const { code, stdout, said } = watchRun(runId, '--json');
  await expect.poll(said).toMatch(/^PENDING –.*\n/);
  await at.stop();
  await expect.poll(said).toContain('does not answer');
  await at.start();
  await failRun(at.rig.db, runId, 'It failed.', at.rig.context.now());
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
  const child = spawn(
    process.execPath,
    [main, 'run', 'list', '--url', at.url, '--token-file', '-', '--json'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  child.stdin.end(`${at.token}\n`);
  const stdout = await text(child.stdout);
  expect(JSON.parse(stdout)).toMatchObject({ limit: 20, offset: 0 });
});

test('a refused token, an unknown run and one in the wrong state are failures, reported without the token', async () => {
  const { runId } = await createRun({}, await at.rig.user());
  const wrong = await runInProcess(['run', 'show', runId, '--url', at.url, '--token', 'ev_planted']);
  expect(wrong).toMatchObject({ code: 1, stdout: '' });
  expect(wrong.stderr).toContain(`${at.url} refused the token`);
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
    [['--github-token-file', join(at.folder, 'none')], 'could not be read (ENOENT)'],
  ] as const) {
    const outcome = await run('resume', id, ...args);
    expect(outcome, words).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain(words);
    expect(outcome.stderr).not.toMatch(/pl[aä]nted/);
  }
});
