import Anthropic, { type ClientOptions } from '@anthropic-ai/sdk';
import { onTestFinished } from 'vitest';
import {
  type AnthropicFakeOptions,
  type AnthropicRequest,
  startAnthropicFake,
} from '../fakes/anthropic/anthropic-fake.ts';

/** The API's fake for one test, with the vendor's own client. The client retries only if told to. */
export const anthropicRig = async (options: AnthropicFakeOptions = {}) => {
  const fake = await startAnthropicFake(options);
  onTestFinished(fake.close);
  const sdk = (more: ClientOptions = {}) =>
    new Anthropic({ apiKey: 'sk-ant-test', baseURL: fake.url, maxRetries: 0, logLevel: 'off', ...more });
  return { fake, sdk };
};

/**
 * A `fetch` whose time limits the fake decides: `timeIsUp` ends a request as its time limit would.
 */
export const untilTimeIsUp = () => {
  const limits: AbortController[] = [];
  const send: typeof fetch = (url, init) => {
    const limit = new AbortController();
    const headers = new Headers(init?.headers);
    headers.set('x-place', String(limits.push(limit) - 1));
    const signals = [limit.signal, ...(init?.signal ? [init.signal] : [])];
    return fetch(url, { ...init, headers, signal: AbortSignal.any(signals) });
  };
  return {
    fetch: send,
    timeIsUp: ({ headers }: Pick<AnthropicRequest, 'headers'>) =>
      limits[Number(headers['x-place'])]?.abort(
        new DOMException('The operation was aborted due to timeout', 'TimeoutError'),
      ),
  };
};

export type Params = Anthropic.MessageCreateParamsNonStreaming;

/** A message that asks this, in the form of the vendor's client. */
export const paramsOf = (content: string, more: Partial<Params> = {}): Params => ({
  model: 'claude-sonnet-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content }],
  ...more,
});
