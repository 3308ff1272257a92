import { retryAfterMs } from '#contracts/http.ts';

/** What of a response says how close its limits are. */
type Answered = { status: number; headers: Pick<Headers, 'get'> };

export type Limiter = {
  /** Waits for a free slot, and gives back what ends its use. Rejects where `signal` is aborted. */
  enter(signal?: AbortSignal): Promise<() => void>;
  /** Takes in one response of the API, retried ones included. */
  observe(response: Answered): void;
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
const kinds = ['requests', 'input-tokens', 'output-tokens'] as const;

/**
 * How many calls a process has under way at the API, found by trial (additive increase, multiplicative decrease, as
 * in TCP congestion control, RFC 5681): an answer raises the limit by 1 for a round of answers, a 429 or 529 halves it,
 * once for all calls that were sent before. Where `anthropic-ratelimit-*` headers name what remains, no more calls are
 * let through than requests remain, and none before the reset where nothing does. So a limit costs time, and no
 * verdict.
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

  const pause = (ms: number) => {
    pausedUntil = Math.max(pausedUntil, now() + Math.min(Math.max(0, ms), longestPauseMs));
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

    observe: ({ status, headers }) => {
      const remaining = (kind: (typeof kinds)[number]) => {
        const text = headers.get(`anthropic-ratelimit-${kind}-remaining`);
        return text !== null && /^\d+$/.test(text) ? Number(text) : null;
      };
      answersSinceCut += 1;
      if (status === 429 || status === 529) {
        pause(retryAfterMs(headers, now()) ?? 0);
        // Calls that were under way at the last cut tell of the same limit again.
        if (answersSinceCut > callsAtCut) {
          limit = Math.max(1, limit / 2);
          answersSinceCut = 0;
          callsAtCut = active - 1;
        }
      } else if (status < 400) {
        limit = Math.min(most, limit + 1 / limit);
      }
      const requests = remaining('requests');
      if (requests !== null) limit = Math.max(1, Math.min(limit, requests));
      for (const kind of kinds) {
        if (remaining(kind) !== 0) continue;
        const reset = Date.parse(headers.get(`anthropic-ratelimit-${kind}-reset`) ?? '');
        if (!Number.isNaN(reset)) pause(reset - now());
      }
      admit();
    },
  };
};
