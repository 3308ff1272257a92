import { chown, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { faultCode } from '#contracts/errors.ts';
import { pythonHost } from '#verification/oracles/python-host.ts';
import {
  type PythonEnd,
  type PythonProcess,
  PythonUnusable,
  type StartPython,
} from '#verification/oracles/python-session.ts';
import { type Child, startChild } from '../children/start-child.ts';
import { type PythonBoundary, pythonLimits, pythonMissing, takeAccount } from './python-boundary.ts';

/** A process that left the group may hold the pipes open after the interpreter's end. Then this side closes them. */
const drainMs = 1000;

/**
 * `-I`: neither variables nor the user's own packages change what is loaded, and only the host program puts the current
 * folder on the path. `-B`: nothing is written into the oracle's folder. `-u`: the last output of a dying process is
 * not lost in a buffer. `-X faulthandler`: even a crash in C says where it happened.
 */
const interpreterArgs = ['-I', '-B', '-u', '-X', 'utf8', '-X', 'faulthandler', '-c', pythonHost];

const folderOf = async (directory: string | null): Promise<string> => {
  if (directory === null)
    throw new PythonUnusable(
      'This installation runs no Python oracles: PYTHON_ORACLE_DIR is not set. Its operator can set it to the folder that holds their modules, for example PYTHON_ORACLE_DIR=/srv/oracles; an HTTP oracle needs no such setting.',
    );
  const found = await stat(directory).catch(() => null);
  if (found === null || !found.isDirectory())
    throw new PythonUnusable(
      'The folder of Python oracles does not exist or cannot be read. PYTHON_ORACLE_DIR must name a folder, for example PYTHON_ORACLE_DIR=/srv/oracles.',
    );
  const folder = await realpath(directory);
  if (folder === dirname(folder))
    throw new PythonUnusable(
      'PYTHON_ORACLE_DIR names the root folder, so everything would be an oracle. Name a folder that holds only oracles, for example PYTHON_ORACLE_DIR=/srv/oracles.',
    );
  return folder;
};

/** Whether an account may read the folder and pass through all above it that the boundary shows. */
const requireReadable = async (
  directory: string,
  { kind, changesAccount }: PythonBoundary,
): Promise<void> => {
  if (!changesAccount) return;
  const folders = [directory];
  // A sandbox makes the folders above for itself.
  if (kind === 'account')
    for (let at = directory; at !== dirname(at); at = dirname(at)) folders.push(dirname(at));
  const modes = await Promise.all(folders.map(async (folder) => (await stat(folder)).mode));
  const [own = 0, ...above] = modes;
  if ((own & 0o005) === 0o005 && above.every((mode) => (mode & 0o001) !== 0)) return;
  throw new PythonUnusable(
    'Python oracles run here under user ids of their own, which cannot read their folder. Let other users read it and pass through the folders above it, for example with chmod o+rX.',
  );
};

export type PythonProcessOptions = {
  /** PATH of the interpreter and its children. It decides which `python3` runs. */
  searchPath: string;
  /** The working directory, which is also first on the module path. Null refuses every start. */
  directory: string | null;
  /** Only modules inside that folder, with links resolved, may be loaded. False on the user's own machine. */
  confined: boolean;
  /** What keeps the oracle's code from the rest of this machine. */
  boundary: () => Promise<PythonBoundary>;
  /** Further environment variables. Nothing of this process's own environment reaches the interpreter. */
  env?: Record<string, string>;
};

/** A sandbox gives the signal that ended its program as a shell does. */
const endOf = (code: number | null, signal: string | null, { kind }: PythonBoundary): PythonEnd => {
  if (kind !== 'sandbox' || code === null || code <= 128) return { code, signal };
  const name = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
  return name === undefined ? { code, signal } : { code: null, signal: name };
};

/**
 * Interpreters as child processes inside a boundary. Killing one kills everything it started, and when one ends on its
 * own, the processes it left behind are ended too. Rejects with PythonUnusable when the folder or python3 is missing,
 * and with the system's error when no process can be created.
 */
export const pythonStarter =
  ({ searchPath, directory, confined, boundary: find, env = {} }: PythonProcessOptions): StartPython =>
  async ({ output, noise }) => {
    const modules = await folderOf(directory);
    const boundary = await find();
    await requireReadable(modules, boundary);
    const account = takeAccount();
    const made = boundary.scratch === 'made' ? await mkdtemp(join(tmpdir(), 'echelon-verify-python-')) : null;
    const removeScratch = async () => {
      if (made !== null) await rm(made, { recursive: true, force: true });
    };
    const home = boundary.scratch === 'made' ? made : boundary.scratch;
    let child: Child;
    try {
      if (made !== null) await chown(made, account, account);
      const [program, ...args] = boundary.command(
        [...interpreterArgs, confined ? 'confined' : 'anywhere', String(boundary.maxProcesses ?? 0)],
        { directory: modules, account },
      );
      child = await startChild(program, args, {
        searchPath,
        cwd: modules,
        env: { LANG: 'C.UTF-8', ...(home !== null && { HOME: home, TMPDIR: home }), ...env },
        input: true,
        limits: pythonLimits,
      });
    } catch (error) {
      await removeScratch();
      if (faultCode(error) === 'ENOENT') throw new PythonUnusable(pythonMissing);
      throw error;
    }
    const { stdin, stdout, stderr } = child;
    stdout.on('data', output);
    stderr.setEncoding('utf8');
    stderr.on('data', noise);
    const ended = new Promise<PythonEnd>((resolve) => {
      child.process.on('close', async (code, signal) => {
        await removeScratch();
        resolve(endOf(code, signal, boundary));
      });
    });
    child.process.on('exit', () => {
      setTimeout(() => {
        stdout.destroy();
        stderr.destroy();
      }, drainMs).unref();
    });
    return {
      write: (line) => {
        stdin?.write(line);
      },
      kill: child.kill,
      ended,
    } satisfies PythonProcess;
  };
