import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const projectRoot = join(import.meta.dirname, '../..');

const dieWithParent = new URL('./die-with-parent.ts', import.meta.url).href;

/**
 * Starts a Node program that ends when this process does, however that happens. It gets its own process group: Ctrl-C
 * in the terminal must reach this process alone, which then stops its children in order.
 */
export const startProgram = (argv: string[], environment: NodeJS.ProcessEnv): ChildProcess =>
  spawn(process.execPath, argv, {
    cwd: projectRoot,
    env: {
      ...environment,
      // In the environment, because the program may start further ones (next dev does).
      NODE_OPTIONS: `${environment.NODE_OPTIONS ?? ''} --import=${dieWithParent}`.trim(),
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });

const signalGroup = (child: ChildProcess, signal: NodeJS.Signals) => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended already.
  }
};

/** Asks a program to stop; after `graceMs` kills it and everything that it started. */
const endProgram = async (child: ChildProcess, graceMs: number): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
    await exited;
    clearTimeout(timer);
  }
  signalGroup(child, 'SIGKILL');
};

export type Supervised = { restart: () => Promise<void>; stop: (graceMs: number) => Promise<void> };

const steadyMs = 60_000;

/** Keeps a program running: restarts it when it ends, after a pause that grows while it keeps ending early. */
export const supervise = (
  name: string,
  launch: () => ChildProcess,
  say: (line: string) => void,
): Supervised => {
  let child: ChildProcess;
  let stopped = false;
  let soon = 0;
  let timer: NodeJS.Timeout | undefined;

  const begin = () => {
    const startedAt = Date.now();
    const started = launch();
    child = started;
    started.once('exit', (code, signal) => {
      if (stopped || child !== started) return;
      soon = Date.now() - startedAt > steadyMs ? 1 : soon + 1;
      const pauseMs = Math.min(30_000, 500 * 2 ** soon);
      say(`The ${name} ended (${signal ?? `exit code ${code}`}). It starts again in ${pauseMs / 1000} s.`);
      timer = setTimeout(begin, pauseMs);
    });
  };
  begin();

  return {
    restart: async () => {
      clearTimeout(timer);
      const old = child;
      begin();
      await endProgram(old, 5_000);
    },
    stop: async (graceMs) => {
      stopped = true;
      clearTimeout(timer);
      await endProgram(child, graceMs);
    },
  };
};
