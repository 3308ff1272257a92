import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { faultCode } from '#contracts/errors.ts';

/** What the operating system holds each process of a child to. No process may raise its own limits. */
export type ChildLimits = {
  /**
   * Private, writable memory. Files that are mapped for reading do not count: a large repository is mapped as a whole.
   * Null: the program sets a limit of its own.
   */
  memoryBytes: number | null;
  /** Processor time. A process that uses it up gets SIGXCPU, and SIGKILL some seconds later. */
  cpuSeconds: number;
  /** Size of any file that it writes. A write beyond it fails. */
  fileBytes: number;
  openFiles: number;
};

/** False on macOS, which ignores most of these limits. There the clock and the counter of output remain. */
export const hasSystemLimits = (platform: NodeJS.Platform = process.platform): boolean =>
  platform === 'linux';

export type ChildOptions = {
  /** PATH of the child. It also decides which program is started. */
  searchPath: string;
  cwd?: string;
  /** The whole environment apart from PATH. Nothing of this process's own environment reaches the child. */
  env?: Record<string, string>;
  /** Whether there is something to write to its standard input. */
  input: boolean;
  limits: ChildLimits;
};

export type Child = {
  process: ChildProcess;
  stdin: Writable | null;
  stdout: Readable;
  stderr: Readable;
  /** Kills it and everything it started that has not left its group. Does nothing after its end. */
  kill(): void;
};

/**
 * Kills the whole group when descriptor 3 closes, which happens when this process ends, however it ends. Started twice
 * removed, so that it is no child of the program, and before any limit, so that no limit strikes it.
 */
const watchParent =
  '( ( read -r _ <&3; kill -s KILL 0 ) </dev/null >/dev/null 2>&1 & ) || exit 126\nexec 3<&-\n';

/** Lowering a limit fails only where it is lower already. */
const setLimits = ({ memoryBytes, cpuSeconds, fileBytes, openFiles }: ChildLimits): string =>
  [
    // If memory still runs out, the kernel ends a child and not this process.
    'echo 1000 >/proc/self/oom_score_adj',
    'ulimit -c 0',
    // A write beyond the limit then fails, and the program says so. A program that the signal ends says nothing.
    "trap '' XFSZ",
    ...(memoryBytes === null ? [] : [`ulimit -d ${Math.ceil(memoryBytes / 1024)}`]),
    `ulimit -t ${cpuSeconds + 5}`,
    `ulimit -S -t ${cpuSeconds}`,
    // In blocks of 512 bytes, as POSIX has it.
    `ulimit -f ${Math.ceil(fileBytes / 512)}`,
    `ulimit -n ${openFiles}`,
  ]
    .map((line) => `{ ${line}; } 2>/dev/null || :\n`)
    .join('');

const isProgram = async (path: string): Promise<boolean> => {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
};

/** The program of this name on `searchPath`, or null. */
export const findProgram = async (name: string, searchPath: string): Promise<string | null> => {
  if (name.includes('/')) return (await isProgram(name)) ? name : null;
  for (const folder of searchPath.split(delimiter)) {
    const path = join(folder, name);
    if (folder !== '' && (await isProgram(path))) return path;
  }
  return null;
};

/**
 * Starts a program that works on foreign material. It leads a process group, which ends when it ends, when it is killed
 * and when this process ends. On Linux the operating system limits it.
 * @throws an error with the code ENOENT if there is no such program.
 */
export const startChild = async (program: string, args: string[], options: ChildOptions): Promise<Child> => {
  const { searchPath, cwd, env, input, limits } = options;
  const path = await findProgram(program, searchPath);
  if (path === null) throw Object.assign(new Error(`${program} was not found (ENOENT).`), { code: 'ENOENT' });
  const script = `${watchParent}${hasSystemLimits() ? setLimits(limits) : ''}exec "$@"`;
  const child = spawn('/bin/sh', ['-c', script, 'sh', path, ...args], {
    ...(cwd !== undefined && { cwd }),
    // Next's augmented ProcessEnv type requires a variable that the child must not see.
    env: { ...env, PATH: searchPath } as unknown as NodeJS.ProcessEnv,
    detached: true,
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  const { pid, stdin, stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error(`${program} was started without pipes.`);
  const killGroup = () => {
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      // The group has no processes left or, on macOS, none that is still running.
      if (faultCode(error) !== 'ESRCH' && faultCode(error) !== 'EPERM') throw error;
    }
  };
  // It may end before it has read everything. Its end then gives the reason.
  stdin?.on('error', () => undefined);
  child.stdio[3]?.on('error', () => undefined);
  // What it left behind ends with it, the watch included.
  child.once('exit', killGroup);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return {
    process: child,
    stdin,
    stdout,
    stderr,
    kill: () => {
      // After its end the process id may belong to another process.
      if (child.exitCode === null && child.signalCode === null) killGroup();
    },
  };
};
