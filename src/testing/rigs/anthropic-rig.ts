import Anthropic, { type ClientOptions } from '@anthropic-ai/sdk';
import { onTestFinished } from 'vitest';
import { type AnthropicFakeOptions, startAnthropicFake } from '../fakes/anthropic/anthropic-fake.ts';

/** The API's fake for one test, and the vendor's own client before it, which sends nothing again unless told to. */
export const anthropicBench = async (options: AnthropicFakeOptions = {}) => {
  const fake = await startAnthropicFake(options);
  onTestFinished(fake.close);
  const sdk = (more: ClientOptions = {}) =>
    new Anthropic({ apiKey: 'sk-ant-test', baseURL: fake.url, maxRetries: 0, logLevel: 'off', ...more });
  return { fake, sdk };
};

export type Params = Anthropic.MessageCreateParamsNonStreaming;

/** A message that asks this, as the vendor's own client takes it. */
export const paramsOf = (content: string, more: Partial<Params> = {}): Params => ({
  model: 'claude-sonnet-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content }],
  ...more,
});
