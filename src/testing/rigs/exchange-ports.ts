import { setTimeout as delay } from 'node:timers/promises';
import type { ExchangePorts } from '#verification/oracles/exchange.ts';

/** How a fake behaves: like each of these in turn, the last one staying. */
export const inTurn =
  <Behaviour>(behaviours: Behaviour[], otherwise: Behaviour) =>
  (_request: unknown, count: number): Behaviour =>
    behaviours[Math.min(count, behaviours.length - 1)] ?? otherwise;

/**
 * Ports whose limits, as `isLimit` tells them, are real; waits between exchanges are only noted, in milliseconds. It is
 * the beginning of 2026.
 * @param limitEndsAt The first limit ends with the head of the answer to such a request, as its body tells it.
 */
export const notingPorts = (
  isLimit: (ms: number, signal: AbortSignal | undefined) => boolean,
  limitEndsAt?: (body: string) => boolean,
) => {
  const waits: number[] = [];
  const headCame = Promise.withResolvers<void>();
  let limits = 0;
  const ports: ExchangePorts = {
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      // Once whoever asked has seen the head.
      if (limitEndsAt?.(String(init?.body))) setImmediate(headCame.resolve);
      return response;
    },
    now: () => Date.UTC(2026, 0, 1),
    sleep: (ms, signal) => {
      if (isLimit(ms, signal)) {
        limits += 1;
        return limits === 1 && limitEndsAt ? headCame.promise : delay(ms, undefined, { signal });
      }
      waits.push(ms);
      return Promise.resolve();
    },
  };
  return { ports, waits };
};

/** Ports whose every limit and wait is real, over a `fetch` of a test's own. */
export const waitingPorts = (send: ExchangePorts['fetch']): ExchangePorts => ({
  fetch: send,
  now: Date.now,
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
});

/** What a call fails with that the network rule refuses. */
export const networkRuleError = () =>
  Object.assign(new Error('Not on the public internet.'), { code: 'ENETWORKRULE' });
