/** What one answer of the API tells of its limits. */
export type LimitNews = {
  /** `limited`: there were too many calls, or the API was overloaded. `failed` is any other error. */
  outcome: 'answered' | 'limited' | 'failed';
  /** How many more calls it takes for now; null where it does not say. */
  callsLeft: number | null;
  /** Until when it takes none, in milliseconds since the epoch; null where it does not say. */
  closedUntil: number | null;
};

export type Limiter = {
  /** Waits for a free slot, and gives back what ends its use. Rejects where `signal` is aborted. */
  enter(signal?: AbortSignal): Promise<() => void>;
  /** Takes in one answer of the API, retried ones included. */
  observe(news: LimitNews): void;
  /** How many may be under way at once just now. */
  limit(): number;
};

export type LimiterOptions = {
  /** Never more than this side by side. */
  most: number;
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/** Where the first calls of a process begin: a key of the lowest tier can bear them. */
const initialLimit = 8;
/** However far away a limit is said to end, the next call tries after this long. */
const longestPauseMs = 60_000;

/**
 * How many calls a process has under way at the API, found by trial (additive increase, multiplicative decrease, as
 * in TCP congestion control, RFC 5681): an answer raises the limit by 1 for a round of answers, being told
 * of too many halves it, once for all calls that were sent before. Where the API says how many calls it still takes, no more
 * are let through, and none before it takes them again. So a limit costs time, and no verdict.
 */
export const createLimiter = ({ most, now, sleep }: LimiterOptions): Limiter => {
  let limit = Math.min(initialLimit, most);
  let active = 0;
  let answersSinceCut = 0;
  let callsAtCut = 0;
  let pausedUntil = 0;
  const waiting: (() => void)[] = [];

  const admit = () => {
    while (active < Math.floor(limit) && waiting.length > 0) {
      active += 1;
      waiting.shift()?.();
    }
  };

  const leave = () => {
    active -= 1;
    admit();
  };

  const slot = (signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const give = () => {
        signal?.removeEventListener('abort', withdraw);
        resolve();
      };
      const withdraw = () => {
        waiting.splice(waiting.indexOf(give), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', withdraw, { once: true });
      waiting.push(give);
      admit();
    });

  return {
    limit: () => Math.floor(limit),

    enter: async (signal) => {
      signal?.throwIfAborted();
      await slot(signal);
      try {
        for (let wait = pausedUntil - now(); wait > 0; wait = pausedUntil - now()) await sleep(wait, signal);
      } catch (error) {
        leave();
        throw error;
      }
      let left = false;
      return () => {
        if (!left) leave();
        left = true;
      };
    },

    observe: ({ outcome, callsLeft, closedUntil }) => {
      answersSinceCut += 1;
      // Calls that were under way at the last cut tell of the same limit again.
      if (outcome === 'limited' && answersSinceCut > callsAtCut) {
        limit = Math.max(1, limit / 2);
        answersSinceCut = 0;
        callsAtCut = active - 1;
      }
      if (outcome === 'answered') limit = Math.min(most, limit + 1 / limit);
      if (callsLeft !== null) limit = Math.max(1, Math.min(limit, callsLeft));
      if (closedUntil !== null)
        pausedUntil = Math.max(pausedUntil, Math.min(closedUntil, now() + longestPauseMs));
      admit();
    },
  };
};
