import { Worker } from 'node:worker_threads';

/** A process that stays unusable ends, so that what supervises it starts another. */

const lookEveryMs = 10_000;

/**
 * Calls `end` once `isReady` was false for `patienceMs` without a break. It counts its looks, not the time: a process that was
 * paused is not to blame for the pause.
 */
export const endUnlessReady = (
  isReady: () => Promise<boolean>,
  end: () => void,
  patienceMs: number,
  everyMs = Math.min(lookEveryMs, patienceMs / 3),
): (() => void) => {
  let failures = 0;
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    failures = (await isReady().catch(() => false)) ? 0 : failures + 1;
    looking = false;
    if (failures * everyMs < patienceMs) return;
    clearInterval(timer);
    end();
  };
  const timer = setInterval(look, everyMs).unref();
  return () => clearInterval(timer);
};

/**
 * Ends this process if its event loop stands still for `patienceMs`. A thread watches, because what runs on the loop cannot.
 */
export const endWhenStuck = (patienceMs: number, everyMs = Math.min(lookEveryMs, patienceMs / 3)): void => {
  const thread = new Worker(new URL('./stuck-loop.ts', import.meta.url), {
    workerData: { everyMs, patienceMs },
    execArgv: [],
  });
  thread.unref();
  setInterval(() => thread.postMessage('here'), everyMs / 2).unref();
};

/** What must have happened by the end of the grace period besides what is under way: closing connections and files. */
const closingMs = 3_000;

/**
 * Ends this process at the latest some seconds after its grace period, whatever it still waits for: a dependency that
 * says nothing must not hold it.
 */
export const exitByDeadline = (graceMs: number): void => {
  setTimeout(() => process.exit(1), graceMs + closingMs).unref();
};
