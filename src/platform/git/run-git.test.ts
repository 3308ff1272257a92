import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { deltaBomb } from '#testing/builders/hostile-repository.ts';
import { isAlive } from '#testing/rigs/process-life.ts';
import { hasSystemLimits } from '../children/start-child.ts';
import { gitRunner } from './run-git.ts';

const run = gitRunner({ searchPath: process.env.PATH ?? '' });
const bounds = { timeoutMs: 600_000, maxBytes: 1_000_000 };
/** git runs an alias that starts with "!" in a shell, so it has a child process. */
const shell = (script: string) => ['-c', `alias.x=!${script}`, 'x'];

test('output, errors and exit code are returned', async () => {
  const done = await run(shell('echo out; echo err >&2; exit 3'), bounds);
  expect({ ...done, stdout: new TextDecoder().decode(done.stdout) }).toEqual({
    code: 3,
    stdout: 'out\n',
    stderr: 'err\n',
    stopped: null,
  });
});

test('the child sees PATH and the given variables, and nothing else of this process', async () => {
  process.env.PLANTED_SECRET = 'planted';
  try {
    const done = await run(shell('env'), { ...bounds, env: { GIVEN: 'yes' } });
    const output = new TextDecoder().decode(done.stdout);
    expect(output).toContain('GIVEN=yes');
    expect(output).not.toContain('planted');
  } finally {
    delete process.env.PLANTED_SECRET;
  }
});

test('too much output stops git', async () => {
  expect(await run(shell('yes'), { ...bounds, maxBytes: 1000 })).toMatchObject({
    code: null,
    stopped: 'too_much_output',
  });
});

test('a time-out kills git and what git started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'run-git-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const begun = join(folder, 'begun');
  const timers = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => timers.mockRestore());
  const timeoutMs = 600_000;
  const running = run(shell('echo $$; touch "$BEGUN"; sleep 600'), {
    ...bounds,
    env: { BEGUN: begun },
    timeoutMs,
  });
  await expect.poll(() => existsSync(begun)).toBe(true);
  timers.mock.calls.find(([, ms]) => ms === timeoutMs)?.[0]();
  const done = await running;
  expect(done).toMatchObject({ code: null, stopped: 'timeout' });
  const pid = Number(new TextDecoder().decode(done.stdout));
  expect(pid).toBeGreaterThan(1);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test('an abort before or during the run kills git and rejects with the reason', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const running = run(shell('sleep 60'), { ...bounds, signal: controller.signal });
  setTimeout(() => controller.abort(reason), 50);
  await expect(running).rejects.toBe(reason);
  await expect(run(['version'], { ...bounds, signal: controller.signal })).rejects.toBe(reason);
});

test('a missing git rejects', async () => {
  await expect(gitRunner({ searchPath: '/nonexistent' })(['version'], bounds)).rejects.toThrow(/ENOENT/);
});

test.skipIf(!hasSystemLimits())(
  'git says which limit it reached, also one of a program that it started',
  async () => {
    const out = async (script: string, more: Partial<Parameters<typeof run>[1]> = {}) =>
      (await run(shell(script), { ...bounds, ...more })).stopped;
    expect(await out('kill -XCPU $$')).toBe('processor_time');
    expect(await out('kill -KILL $$')).toBe('memory');
    expect(await out('echo "fatal: write error: File too large" >&2; exit 128')).toBe('file_size');
    expect(
      await out('echo "fatal: Out of memory, malloc failed (tried to allocate 9 bytes)" >&2; exit 128'),
    ).toBe('memory');
    // A server's words count for nothing, and neither does a warning of a git that succeeded.
    expect(await out('echo "remote: fatal: Out of memory" >&2; exit 128')).toBe(null);
    expect(await out('echo "error: Out of memory" >&2')).toBe(null);
  },
);

test.skipIf(!hasSystemLimits())('a delta that stands for gigabytes ends git with that reason', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'run-git-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const pack = join(folder, 'bomb.pack');
  writeFileSync(pack, deltaBomb());
  expect(await run(['init', '--quiet', '--bare', folder], bounds)).toMatchObject({ code: 0 });
  // Should the limits of the program fail, those of the test end git.
  const script = `ulimit -d 4000000; git --git-dir='${folder}' index-pack --stdin <'${pack}'`;
  expect(await run(shell(script), bounds)).toMatchObject({ code: null, stopped: 'memory' });
});

test.skipIf(!hasSystemLimits())('git that needs too much memory ends with that reason', async () => {
  const done = await run(shell('yes | git hash-object --stdin'), bounds);
  expect(done).toMatchObject({ code: null, stopped: 'memory' });
});
