import { spawn } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { faultCode } from '#contracts/errors.ts';
import { pythonHost } from '#verification/oracles/python-host.ts';
import {
  type PythonEnd,
  type PythonProcess,
  PythonUnusable,
  type StartPython,
} from '#verification/oracles/python-session.ts';

/** A process that left the group may hold the pipes open after the interpreter's end. Then this side closes them. */
const drainMs = 1000;

/**
 * `-I`: neither variables nor the user's own packages change what is loaded, and only the host program puts the current
 * folder on the path. `-B`: nothing is written into the oracle's folder. `-u`: the last output of a dying process is
 * not lost in a buffer. `-X faulthandler`: even a crash in C says where it happened.
 */
const interpreterArgs = ['-I', '-B', '-u', '-X', 'utf8', '-X', 'faulthandler', '-c', pythonHost];

/** The process leads the group that `detached` made. Its children are in the group unless they left it. */
const killGroup = (pid: number) => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // The group has no processes left or, on macOS, none that is still running.
    if (faultCode(error) !== 'ESRCH' && faultCode(error) !== 'EPERM') throw error;
  }
};

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
  return realpath(directory);
};

export type PythonProcessOptions = {
  /** PATH of the interpreter and its children. It decides which `python3` runs. */
  searchPath: string;
  /** The working directory, which is also first on the module path. Null refuses every start. */
  directory: string | null;
  /** Only modules inside that folder, with links resolved, may be loaded. False on the user's own machine. */
  confined: boolean;
  /** Further environment variables. Nothing of this process's own environment reaches the interpreter. */
  env?: Record<string, string>;
};

/**
 * Interpreters as child processes, each the leader of its own group. Killing one kills everything it started, and when
 * one ends on its own, the processes it left behind are ended too. Rejects with PythonUnusable when the folder or
 * python3 is missing, and with the system's error when no process can be created.
 */
export const pythonStarter =
  ({ searchPath, directory, confined, env = {} }: PythonProcessOptions): StartPython =>
  async ({ output, noise }) => {
    const cwd = await folderOf(directory);
    const child = spawn('python3', [...interpreterArgs, confined ? 'confined' : 'anywhere'], {
      cwd,
      // Next's augmented ProcessEnv type requires a variable that the child must not see.
      env: { LANG: 'C.UTF-8', ...env, PATH: searchPath } as unknown as NodeJS.ProcessEnv,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdin, stdout, stderr } = child;
    // It may end before it has read everything. Its end then gives the reason.
    stdin.on('error', () => undefined);
    stdout.on('data', output);
    stderr.setEncoding('utf8');
    stderr.on('data', noise);
    const ended = new Promise<PythonEnd>((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal }));
    });
    child.on('exit', () => {
      if (child.pid !== undefined) killGroup(child.pid);
      setTimeout(() => {
        stdout.destroy();
        stderr.destroy();
      }, drainMs).unref();
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.on('error', (cause) =>
        reject(
          faultCode(cause) === 'ENOENT'
            ? new PythonUnusable(
                'python3 is not installed, or not on the PATH. Install Python 3.8 or later, for example with apt-get install python3, and start again.',
              )
            : cause,
        ),
      );
    });
    return {
      write: (line) => {
        stdin.write(line);
      },
      kill: () => {
        // After its end the process id may belong to another process.
        if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
          killGroup(child.pid);
      },
      ended,
    } satisfies PythonProcess;
  };
