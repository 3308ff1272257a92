/** No connection of the pool became free in time. Its code is read like a driver's. */
class PoolExhausted extends Error {
  override readonly name = 'PoolExhausted';
  readonly code = 'CONNECTION_WAIT_TIMEOUT';

  constructor(waitMs: number) {
    super(`No connection to the database became free within ${waitMs / 1000} s.`);
  }
}

/**
 * One permit for each connection of a pool, handed out in order. The driver's own queue has no bound, and it sends
 * statements behind others on a connection that may be dead.
 */
export const createPermits = (count: number, waitMs: number) => {
  let free = count;
  const waiting = new Set<() => void>();

  const take = (): Promise<void> =>
    new Promise((resolve, reject) => {
      if (free > 0) {
        free -= 1;
        return resolve();
      }
      const grant = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(grant);
        reject(new PoolExhausted(waitMs));
      }, waitMs);
      waiting.add(grant);
    });

  const giveBack = () => {
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  };

  /** Does `work` while it holds a permit. */
  return async <T>(work: () => PromiseLike<T>): Promise<T> => {
    await take();
    try {
      return await work();
    } finally {
      giveBack();
    }
  };
};
