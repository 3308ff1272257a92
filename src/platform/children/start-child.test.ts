import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isAlive } from '#testing/rigs/process-life.ts';
import { type Child, type ChildLimits, hasSystemLimits, startChild } from './start-child.ts';

const searchPath = process.env.PATH ?? '';
const limits: ChildLimits = {
  memoryBytes: 1024 ** 3,
  cpuSeconds: 600,
  fileBytes: 1024 ** 3,
  openFiles: 256,
};
const shell = (script: string, more: Partial<ChildLimits> = {}, args: string[] = []) =>
  startChild('sh', ['-c', script, 'sh', ...args], {
    searchPath,
    input: false,
    limits: { ...limits, ...more },
  });
const endOf = async (child: Child) => {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.process.on('close', (...end) => resolve(end));
  });
  return { code, signal, output };
};
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'start-child-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
};
const onLinux = test.skipIf(!hasSystemLimits());

test('only Linux has the limits of the operating system', () => {
  expect(hasSystemLimits('linux')).toBe(true);
  expect(hasSystemLimits('darwin')).toBe(false);
});

onLinux('the kernel confirms every limit, and a child cannot raise one', async () => {
  const { output } = await endOf(
    await shell('cat /proc/self/limits /proc/self/oom_score_adj; ulimit -H -t 9999 || echo refused'),
  );
  const limitOf = (name: string) => new RegExp(`^Max ${name} +(\\S+) +(\\S+)`, 'm').exec(output)?.slice(1);
  expect(limitOf('data size')).toEqual([String(1024 ** 3), String(1024 ** 3)]);
  expect(limitOf('cpu time')).toEqual(['600', '605']);
  expect(limitOf('file size')).toEqual([String(1024 ** 3), String(1024 ** 3)]);
  expect(limitOf('open files')).toEqual(['256', '256']);
  expect(limitOf('core file size')).toEqual(['0', '0']);
  expect(output).toContain('\n1000\n');
  // The kernel lets only a process with CAP_SYS_RESOURCE raise a limit.
  const mayRaise =
    BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`) & (1n << 24n);
  expect(output.includes('refused')).toBe(mayRaise === 0n);
});

onLinux('a limit that is lower already stays', async () => {
  const { output } = await endOf(await shell('ulimit -n', { openFiles: 1_000_000_000 }));
  expect(Number(output)).toBeLessThan(1_000_000_000);
});

onLinux('memory, processor time and the size of files are bounded', async () => {
  // Each round doubles the text.
  const memory = await endOf(
    await shell('x=abcdefgh; while :; do x=$x$x; done', { memoryBytes: 64_000_000 }),
  );
  // Some shells say so, others crash.
  expect(memory.code).not.toBe(0);
  const time = await endOf(await shell('while :; do :; done', { cpuSeconds: 1 }));
  expect(time.signal).toBe('SIGXCPU');
  const file = join(folder(), 'file');
  const size = await endOf(
    await shell('exec head -c 1000000 /dev/zero >"$1"', { fileBytes: 51_200 }, [file]),
  );
  expect(size.code).toBe(1);
  expect(readFileSync(file)).toHaveLength(51_200);
});

test('a program that does not exist is reported as such', async () => {
  const start = startChild('no-such-program', [], { searchPath, input: false, limits });
  await expect(start).rejects.toMatchObject({ code: 'ENOENT' });
});

test('what a program leaves in its group ends with it', async () => {
  const { output } = await endOf(await shell('sleep 600 >/dev/null 2>&1 & echo $!'));
  expect(Number(output)).toBeGreaterThan(1);
  await expect.poll(() => isAlive(Number(output))).toBe(false);
});

test('a program and what it started end when the starting process is killed', async () => {
  const begun = join(folder(), 'begun');
  const script = `
    const { startChild } = await import(${JSON.stringify(new URL('./start-child.ts', import.meta.url).href)});
    await startChild('sh', ['-c', 'sleep 600 & echo "$$ $!" >"$1.new"; mv "$1.new" "$1"; wait', 'sh', ${JSON.stringify(begun)}], {
      searchPath: ${JSON.stringify(searchPath)}, input: false, limits: ${JSON.stringify(limits)},
    });
    setInterval(() => process.getBuiltinModule('fs').existsSync(${JSON.stringify(begun)}) && process.kill(process.pid, 'SIGKILL'), 20);
  `;
  expect(() =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      stdio: 'pipe',
      timeout: 120_000,
    }),
  ).toThrow(expect.objectContaining({ signal: 'SIGKILL' }));
  expect(existsSync(begun)).toBe(true);
  const [program = 0, inner = 0] = readFileSync(begun, 'utf8').split(' ').map(Number);
  expect(inner).toBeGreaterThan(1);
  await expect.poll(() => [isAlive(program), isAlive(inner)]).toEqual([false, false]);
});

test('a program that starts after the starting process is gone ends at once', async () => {
  // The pipe of the watch is closed before the shell reads it.
  const child = await shell('sleep 600');
  child.process.stdio[3]?.destroy();
  expect((await endOf(child)).signal).toBe('SIGKILL');
});

test('only this folder starts programs that work on foreign material', () => {
  const source = join(import.meta.dirname, '../..');
  const starters = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter(
      (file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !/^(?:testing|bench)\//.test(file),
    )
    .filter((file) => readFileSync(join(source, file), 'utf8').includes('node:child_process'))
    .toSorted();
  expect(starters).toEqual([
    // Build the package and write migrations, by hand in a clone.
    'client/build.ts',
    'db/embedded/account.ts',
    // The embedded Postgres, and `id`, `useradd` and `ps` for it.
    'db/embedded/postmaster.ts',
    'db/embedded/server.ts',
    'db/generate.ts',
    'platform/children/start-child.ts',
    // This program's own processes.
    'start/build.ts',
    'start/child.ts',
  ]);
});
