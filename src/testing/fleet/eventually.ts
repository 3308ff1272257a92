import { setTimeout as delay } from 'node:timers/promises';

const lookEveryMs = 100;

/**
 * Looks until `enough` accepts what it sees, and returns that. It repeats a look that fails, for example because the
 * database is away.
 * @throws if `enough` accepts nothing within `withinMs`; the cause is what was seen last.
 */
export const eventually = async <T>(
  what: string,
  look: () => Promise<T>,
  enough: (seen: T) => boolean,
  { withinMs, signal }: { withinMs: number; signal?: AbortSignal | undefined },
): Promise<T> => {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const seen = await look();
      if (enough(seen)) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline)
      throw new Error(`${what} did not happen within ${withinMs / 1000} s.`, { cause: last });
    await delay(lookEveryMs);
  }
};
