/** What the API's headers say about limits that the fake does not enforce. It never enforces tokens. */
const defaultRequestsPerMinute = 4000;
const inputTokensPerMinute = 2_000_000;
const outputTokensPerMinute = 400_000;

export type RateLimitOptions = {
  /** Enforced by a continuously refilled bucket, as the API does. */
  requestsPerMinute?: number;
  /** Enforced: how many messages may be open at once. */
  maxConcurrent?: number;
};

/** A bucket that holds one minute's allowance. One that is not enforced may be overdrawn. */
const createBucket = (perMinute: number, now: () => number) => {
  let level = perMinute;
  let filledAt = now();
  const msFor = (amount: number) => (amount / perMinute) * 60_000;
  const refill = () => {
    const at = now();
    level = Math.min(perMinute, level + ((at - filledAt) / 60_000) * perMinute);
    filledAt = at;
  };
  return {
    take(amount: number) {
      refill();
      level -= amount;
    },
    msUntilOne() {
      refill();
      return Math.max(0, msFor(1 - level));
    },
    /** Remaining tokens are rounded to the nearest thousand. `reset` is when the bucket is full again. */
    headers(name: string, roundedTo: number): Record<string, string> {
      refill();
      const remaining = Math.max(0, Math.floor(level / roundedTo + (roundedTo > 1 ? 0.5 : 0)) * roundedTo);
      return {
        [`anthropic-ratelimit-${name}-limit`]: String(perMinute),
        [`anthropic-ratelimit-${name}-remaining`]: String(remaining),
        [`anthropic-ratelimit-${name}-reset`]: new Date(filledAt + msFor(perMinute - level)).toISOString(),
      };
    },
  };
};

type Entry =
  | { admitted: true; leave(): void }
  | { admitted: false; message: string; retryAfterSeconds: number };

/** The limits on messages, and how many were open at once. `now` is in milliseconds. */
export const createRateLimits = (
  { requestsPerMinute, maxConcurrent = Number.POSITIVE_INFINITY }: RateLimitOptions,
  now: () => number,
) => {
  const requests = createBucket(requestsPerMinute ?? defaultRequestsPerMinute, now);
  const input = createBucket(inputTokensPerMinute, now);
  const output = createBucket(outputTokensPerMinute, now);
  let open = 0;
  const counts = { peakConcurrency: 0, rateLimited: 0 };

  const turnAway = (message: string, waitMs: number): Entry => {
    counts.rateLimited += 1;
    return { admitted: false, message, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
  };

  return {
    counts,
    enter(): Entry {
      counts.peakConcurrency = Math.max(counts.peakConcurrency, open + 1);
      if (open >= maxConcurrent) {
        return turnAway('Number of concurrent connections has exceeded your rate limit.', 0);
      }
      const waitMs = requests.msUntilOne();
      if (requestsPerMinute !== undefined && waitMs > 0) {
        return turnAway(
          `This request would exceed your rate limit of ${requestsPerMinute} requests per minute.`,
          waitMs,
        );
      }
      requests.take(1);
      open += 1;
      let isOpen = true;
      return {
        admitted: true,
        leave() {
          if (isOpen) open -= 1;
          isOpen = false;
        },
      };
    },
    /** Tokens read from the cache do not count towards the input limit. */
    spend(inputTokens: number, outputTokens: number) {
      input.take(inputTokens);
      output.take(outputTokens);
    },
    headers: (): Record<string, string> => ({
      ...requests.headers('requests', 1),
      ...input.headers('input-tokens', 1000),
      ...output.headers('output-tokens', 1000),
    }),
  };
};
