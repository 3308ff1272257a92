import { setTimeout as delay } from 'node:timers/promises';
import type { ExchangePorts } from '#verification/oracles/exchange.ts';

/** A fake that behaves like each of these in turn, then stays with the last. */
export const inTurn =
  <Behaviour>(behaviours: Behaviour[], otherwise: Behaviour) =>
  (_request: unknown, count: number): Behaviour =>
    behaviours[Math.min(count, behaviours.length - 1)] ?? otherwise;

/**
 * Ports with real time limits, which `isLimit` recognises. Waits between exchanges are only noted, in milliseconds. The
 * clock stands at the beginning of 2026.
 * @param limitEndsAt recognises a request by its body; the first limit ends with the head of its answer
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
      // Only after the caller has seen the head.
      if (limitEndsAt?.(String(init?.body))) setImmediate(headCame.resolve);
      return response;
    },
    connect: async () => undefined,
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

/** Ports with real limits and waits, over the test's own `fetch`. */
export const waitingPorts = (send: ExchangePorts['fetch']): ExchangePorts => ({
  fetch: send,
  connect: async () => undefined,
  now: Date.now,
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
});

/** The error of a call that the network rule refuses. */
export const networkRuleError = () =>
  Object.assign(new Error('Not on the public internet.'), { code: 'ENETWORKRULE' });
