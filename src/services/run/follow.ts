import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '#contracts/errors.ts';
import { isTerminal, type Run } from '#contracts/run.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { getRun } from './get.ts';

/** A run of a thousand replays changes often. Looking more often than this shows a reader nothing more. */
const leastMs = 250;

/** A run's place in the line changes with the runs of others, of which it hears nothing. */
const inLineMs = 5_000;

/** How many runs each user may follow in this process: each keeps a connection open. A page that is refused polls. */
const following = new Map<string, number>();
const mostFollowed = 30;

/**
 * The actor's run now and after each change, until it has ended or `signal` is aborted. Changes close together are
 * reported once. `mayRead` is asked before each reading, every few seconds at least; what it throws ends the stream.
 * @throws AppError NOT_FOUND; TOO_MANY_REQUESTS if this user follows too many already.
 */
export async function* followRun(
  context: ServiceContext,
  actor: Actor,
  runId: string,
  signal: AbortSignal,
  mayRead: () => Promise<void> = async () => {},
): AsyncGenerator<Run> {
  const others = following.get(actor.userId) ?? 0;
  if (others >= mostFollowed)
    throw new AppError(
      'TOO_MANY_REQUESTS',
      `You follow ${mostFollowed} runs already. Close a page, or poll instead.`,
    );
  following.set(actor.userId, others + 1);
  let wake = () => {};
  let changed = true;
  const stop = context.runChanges.follow(runId, () => {
    changed = true;
    wake();
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    let last = '';
    let inLine = false;
    while (!signal.aborted) {
      if (!changed)
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (changed || signal.aborted) resolve();
          if (inLine) setTimeout(resolve, inLineMs).unref();
        });
      if (signal.aborted) return;
      changed = false;
      await mayRead();
      const run = await getRun(context, actor, runId);
      inLine = run.position !== null;
      const shown = JSON.stringify(run);
      if (shown !== last) yield run;
      last = shown;
      if (isTerminal(run.status)) return;
      await delay(leastMs, undefined, { signal }).catch(() => {});
    }
  } finally {
    stop();
    const left = (following.get(actor.userId) ?? 1) - 1;
    if (left === 0) following.delete(actor.userId);
    else following.set(actor.userId, left);
  }
}
