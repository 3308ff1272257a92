/** What one answer of the API says about its limits. */
export type LimitNews = {
  /** `limited`: too many calls, or the API was overloaded. `failed`: any other error. */
  outcome: 'answered' | 'limited' | 'failed';
  /** How many more calls it accepts for now. Null: it does not say. */
  callsLeft: number | null;
  /** Until when it accepts no calls, in milliseconds since the epoch. Null: it does not say. */
  closedUntil: number | null;
};

export type Limiter = {
  /** Waits for a free slot and returns the function that frees it. Rejects when `signal` is aborted. */
  enter(signal?: AbortSignal): Promise<() => void>;
  /** Adjusts the limit to one answer of the API. Retried calls count too. */
  observe(news: LimitNews): void;
  /** How many calls may be under way at once now. */
  limit(): number;
};

export type LimiterOptions = {
  /** Never more parallel calls than this. */
  most: number;
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/** The limit that a process starts with. A key of the lowest tier can bear it. */
const initialLimit = 8;
/** After this long the next call is tried, even if the API announced a longer wait. */
const longestPauseMs = 60_000;

/**
 * Limits how many calls a process has under way at the API. It finds the limit by trial: additive increase,
 * multiplicative decrease, as in TCP congestion control (RFC 5681). Each full round of answers raises the limit by 1. A
 * `limited` answer halves it, once for all calls that were sent before. If the API says how many calls it still
 * accepts, or from when it accepts them again, the limiter obeys. So a rate limit costs time, but no verdict.
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
      // Calls that were under way at the last cut report the same limit again.
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
