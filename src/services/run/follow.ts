import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal, type Run } from '#contracts/run.ts';
import type { Actor, ServiceContext } from '../context.ts';
import { getRun } from './get.ts';

/** A run of a thousand replays changes often; more than this many looks a second tell a reader nothing. */
const leastMs = 250;

/**
 * The actor's run now and after each of its changes, until it has ended or `signal` is aborted. Changes that come close
 * together are told once.
 * @throws AppError NOT_FOUND
 */
export async function* followRun(
  context: ServiceContext,
  actor: Actor,
  runId: string,
  signal: AbortSignal,
): AsyncGenerator<Run> {
  let wake = () => {};
  let changed = true;
  const stop = context.runChanges.follow(runId, () => {
    changed = true;
    wake();
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    let last = '';
    while (!signal.aborted) {
      if (!changed)
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (changed || signal.aborted) resolve();
        });
      if (signal.aborted) return;
      changed = false;
      const run = await getRun(context, actor, runId);
      const shown = JSON.stringify(run);
      if (shown !== last) yield run;
      last = shown;
      if (isTerminal(run.status)) return;
      await delay(leastMs, undefined, { signal }).catch(() => {});
    }
  } finally {
    stop();
  }
}
