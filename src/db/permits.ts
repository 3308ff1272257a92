/**
 * So many permits, handed out in order.
 * @param whenLate makes the error for who waited for `waitMs` in vain.
 */
export const createPermits = (count: number, waitMs: number, whenLate: () => Error) => {
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
        reject(whenLate());
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
