import { execFileSync } from 'node:child_process';
import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a server writes into its data directory; `ready` once it accepts connections. */
export const readPostmasterFile = async (
  directory: string,
): Promise<{ pid: number; port: number; ready: boolean } | null> => {
  const text = await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) return null;
  const lines = text.split('\n').map((line) => line.trim());
  return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7] === 'ready' };
};

/** Pids of the Postgres processes whose working directory is `directory`. Null if the system has no /proc. */
const processesIn = async (directory: string): Promise<number[] | null> => {
  const entries = await readdir('/proc').catch(() => null);
  if (entries === null) return null;
  const place = await realpath(directory);
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  const atWork = await Promise.all(
    pids.map(async (pid) => {
      const where = await readlink(`/proc/${pid}/cwd`).catch(() => null);
      if (where !== place) return false;
      const program = await readlink(`/proc/${pid}/exe`).catch(() => '');
      return basename(program).startsWith('postgres');
    }),
  );
  return pids.filter((_, index) => atWork[index]);
};

const isPostmasterOf = async (pid: number, directory: string): Promise<boolean> => {
  const inside = await processesIn(directory);
  if (inside !== null) return inside.includes(pid);
  try {
    const command = execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
    return command.includes('postgres') && command.includes(directory);
  } catch {
    return false;
  }
};

const signal = (pid: number, name: NodeJS.Signals) => {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
};

/**
 * Ends a server that a killed owner left running in `directory`. The caller must hold the directory's lock: then the
 * server has no living owner. A pid is signalled only after it proved to be a server of this very directory, because the
 * file may be old and the pid may belong to another program by now.
 * @throws if processes of the old server do not end.
 */
export const endOrphan = async (directory: string): Promise<void> => {
  const file = await readPostmasterFile(directory);
  if (file === null) return;
  for (const [name, patienceMs] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 10_000],
  ] as const) {
    if (await isPostmasterOf(file.pid, directory)) signal(file.pid, name);
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline) {
      // A killed server's sessions end a moment later; a second server beside them would damage the data.
      const left = await processesIn(directory);
      if (left === null ? !(await isPostmasterOf(file.pid, directory)) : left.length === 0) {
        await rm(join(directory, 'postmaster.pid'), { force: true });
        return;
      }
      await sleep(100);
    }
  }
  throw new Error(
    `An earlier database server is still running in ${directory} (process ${file.pid}). End it first.`,
  );
};
