import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { projectRoot } from '#start/child.ts';
import { childEnvironment } from '../rigs/child-environment.ts';

/**
 * A program of the installation as a process that can be killed, paused and restarted. A program that ends on its own,
 * like a worker that finds no database, is started again, as in a real installation.
 */
export type FleetProgram = {
  /** Its latest output. */
  said(): string;
  /** Resolves when it has reported that it is ready. Rejects after `withinMs`. */
  untilReady(withinMs: number): Promise<void>;
  /** How often it ended on its own after it was ready. */
  readonly crashes: number;
  /** kill -9, then a start. */
  kill(): Promise<void>;
  /** SIGTERM, then a start once it has ended. */
  restart(): Promise<void>;
  pause(): void;
  /** Lets it continue, and resolves once it does. */
  resume(): Promise<void>;
  /**
   * Sets its clock this far from the true time, and resolves once that is done. 0 corrects it, and so does a start.
   */
  moveClock(ms: number): Promise<void>;
  /** Ends it for good: SIGTERM, then SIGKILL after `graceMs`. */
  end(graceMs?: number): Promise<void>;
};

const dieWithParent = new URL('../../start/die-with-parent.ts', import.meta.url).href;
const movedClock = new URL('./moved-clock.ts', import.meta.url).href;
const againMs = 500;

export const startFleetProgram = (
  argv: string[],
  settings: Record<string, string>,
  ready: RegExp,
): FleetProgram => {
  let child: ChildProcess;
  let said = '';
  let ended = false;
  /** It is being ended on purpose, so its exit must not start it again. */
  let onPurpose = false;
  let timer: NodeJS.Timeout | undefined;
  let isReady = false;
  let crashes = 0;
  let tellReady = () => {};
  const readyOnce = new Promise<void>((resolve) => {
    tellReady = resolve;
  });

  const start = () => {
    onPurpose = false;
    isReady = false;
    const started = spawn(
      process.execPath,
      [`--import=${dieWithParent}`, `--import=${movedClock}`, ...argv],
      {
        cwd: projectRoot,
        env: { ...childEnvironment, ...settings },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said = `${said}${text}`.slice(-200_000);
        isReady ||= ready.test(text);
        if (isReady) tellReady();
      });
    started.once('exit', () => {
      if (ended || onPurpose || child !== started) return;
      if (isReady) crashes += 1;
      timer = setTimeout(start, againMs);
    });
  };
  start();

  const exit = async (signal: NodeJS.Signals) => {
    clearTimeout(timer);
    onPurpose = true;
    const ending = child;
    if (ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = once(ending, 'exit');
    ending.kill(signal);
    await exited;
  };
  const begin = () => {
    if (!ended) start();
  };
  const setClock = async (clockMovedMs: number) => {
    // A program that is ending has no clock to move.
    if (!child.connected) return;
    const heard = new AbortController();
    const answered = Promise.race(
      ['message', 'disconnect'].map((event) => once(child, event, { signal: heard.signal })),
    );
    child.send({ clockMovedMs }, () => {});
    await answered;
    heard.abort();
  };

  return {
    said: () => said,
    get crashes() {
      return crashes;
    },
    untilReady: async (withinMs) => {
      const deadline = new AbortController();
      const late = delay(withinMs, undefined, { signal: deadline.signal }).then(() => {
        throw new Error(`${argv.join(' ')} was not ready within ${withinMs} ms:\n${said.slice(-4_000)}`);
      });
      late.catch(() => {});
      await Promise.race([readyOnce, late]);
      deadline.abort();
    },
    kill: async () => {
      await exit('SIGKILL');
      begin();
    },
    restart: async () => {
      await exit('SIGTERM');
      begin();
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => {
      child.kill('SIGCONT');
      return setClock(0);
    },
    moveClock: setClock,
    end: async (graceMs = 5_000) => {
      ended = true;
      const hard = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exit('SIGTERM');
      clearTimeout(hard);
    },
  };
};
