import type { LookupAddress, lookup as systemLookup } from 'node:dns';
import { onTestFinished } from 'vitest';
import {
  type GuardedFetch,
  type GuardedFetchOptions,
  guardedFetch,
} from '#platform/network/guarded-fetch.ts';
import { noProxies } from '#platform/network/proxies.ts';
import { networkRuleRefusal } from '#verification/oracles/fault.ts';
import { startOracleFake } from '../fakes/oracles/http-fake.ts';

/** Answers each name with the next of its lists. The last list repeats. */
export const namesAre = (names: Record<string, string[][]>) => {
  const asked: string[] = [];
  const lookup = ((
    name: string,
    _: unknown,
    callback: (error: Error | null, addresses: LookupAddress[]) => void,
  ) => {
    const lists = names[name];
    const list = lists?.[Math.min(asked.filter((other) => other === name).length, lists.length - 1)];
    asked.push(name);
    if (list === undefined) {
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), []);
      return;
    }
    callback(
      null,
      list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as typeof systemLookup;
  return { lookup, asked };
};

/** The fetch of a reachable installation, unless the options say otherwise. It is closed when the test ends. */
export const openGuarded = (options: Partial<GuardedFetchOptions> = {}) => {
  const guarded = guardedFetch({
    publicOnly: true,
    allow: [],
    alwaysAllowedOrigins: [],
    proxies: noProxies,
    ...options,
  });
  onTestFinished(guarded.close);
  return guarded;
};

/** An oracle on this machine, until the test ends. */
export const openOracle = async () => {
  const fake = await startOracleFake();
  onTestFinished(fake.close);
  return fake;
};

export const postQuestion = ({ fetch }: GuardedFetch, url: string) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pr: { diff_content: '' }, follow_up_question: '' }),
    redirect: 'manual',
    signal: AbortSignal.timeout(60_000),
  });

/** The rule's refusal of a call, or '' when the call was allowed, however it then ended. */
export const ruleRefusalOf = async (guarded: GuardedFetch, url: string) => {
  try {
    const response = await postQuestion(guarded, url);
    await response.body?.cancel();
    return '';
  } catch (error) {
    return networkRuleRefusal(error) ?? '';
  }
};
