import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

/**
 * Keeps every processor of this machine busy until it is stopped, for at most `boundMs`. It starts one process for each
 * processor. These processes end with this one, however it ends.
 */
export const keepBusy = (boundMs: number): { stop: () => Promise<void> } => {
  const children = Array.from({ length: availableParallelism() }, () =>
    fork(import.meta.filename, ['spin', String(boundMs)], {
      execArgv: [`--import=${new URL('../../start/die-with-parent.ts', import.meta.url).href}`],
    }),
  );
  return {
    stop: async () => {
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const exited = once(child, 'exit');
          child.kill('SIGKILL');
          await exited;
        }),
      );
    },
  };
};

const sliceMs = 20;

/** Spins in slices, because the end of the parent is noticed only between them. */
const spinUntil = (endAt: number) => {
  const pauseAt = Math.min(endAt, performance.now() + sliceMs);
  while (performance.now() < pauseAt);
  if (performance.now() < endAt) setImmediate(spinUntil, endAt);
  else process.exit(0);
};

const [command, boundMs] = process.argv.slice(2);
if (import.meta.main && command === 'spin') spinUntil(performance.now() + Number(boundMs));
