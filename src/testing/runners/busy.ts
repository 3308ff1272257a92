import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

/**
 * Keeps every processor of this machine busy until it is stopped, and at most for `boundMs`. Each is kept so by a
 * process of its own, which ends with this one, however that ends.
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

/** Between two slices the end of the parent is heard of. */
const spinUntil = (endAt: number) => {
  const pauseAt = Math.min(endAt, performance.now() + sliceMs);
  while (performance.now() < pauseAt);
  if (performance.now() < endAt) setImmediate(spinUntil, endAt);
  else process.exit(0);
};

const [command, boundMs] = process.argv.slice(2);
if (import.meta.main && command === 'spin') spinUntil(performance.now() + Number(boundMs));
