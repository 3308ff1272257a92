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

/** After its end a process that left the group may hold the pipes open; they are then closed from this side. */
const drainMs = 1000;

/**
 * `-I`: neither variables nor the user's own packages change what is loaded, and the current folder is on the path
 * only as the host puts it there. `-B`: nothing is written into the oracle's folder. `-u`: what a dying process has
 * printed is there to be shown. `-X faulthandler`: also a crash in C says where.
 */
const interpreterArgs = ['-I', '-B', '-u', '-X', 'utf8', '-X', 'faulthandler', '-c', pythonHost];

/** The process leads the group that `detached` made; its children are in it unless they left it. */
const killGroup = (pid: number) => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // Nothing of the group is left, or, as macOS says it, nothing that has not ended.
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
  /** PATH of the interpreter, which is its `python3`, and of what it starts. */
  searchPath: string;
  /** The folder that it runs in and that stands first on its module path; null refuses every start. */
  directory: string | null;
  /** Only modules that stand in that folder, links resolved, may be loaded. False on the user's own machine. */
  confined: boolean;
  /** What else it sees of an environment; nothing of this process's own reaches it. */
  env?: Record<string, string>;
};

/**
 * Interpreters as child processes, each the leader of a group of its own: killing one kills what it started, and
 * where one ends by itself what it left behind is ended too. Rejects with PythonUnusable where the folder or python3 is
 * missing, with the system's error where no process can be made.
 */
export const pythonStarter =
  ({ searchPath, directory, confined, env = {} }: PythonProcessOptions): StartPython =>
  async ({ output, noise }) => {
    const cwd = await folderOf(directory);
    const child = spawn('python3', [...interpreterArgs, confined ? 'confined' : 'anywhere'], {
      cwd,
      // A variable of Next's augmented ProcessEnv type is required there, but the child must not see it.
      env: { LANG: 'C.UTF-8', ...env, PATH: searchPath } as unknown as NodeJS.ProcessEnv,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdin, stdout, stderr } = child;
    // It may end before it has read all: then its end says why.
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
        // After its end the number may be another's.
        if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
          killGroup(child.pid);
      },
      ended,
    } satisfies PythonProcess;
  };
