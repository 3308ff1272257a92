import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { JudgeTask } from '#verification/judges/judge.ts';
import { modelJudge } from '#verification/judges/model/model-judge.ts';
import { createPrices } from '#verification/judges/model/prices.ts';
import {
  type AnthropicClientOptions,
  createAnthropicClient,
} from '#verification/judges/providers/anthropic/client.ts';
import type {
  AnthropicBehaviour,
  AnthropicFakeOptions,
  AnthropicRequest,
} from '../fakes/anthropic/anthropic-fake.ts';
import { anthropicRig } from './anthropic-rig.ts';
import { changeNumber } from './scripted-engine.ts';

/** The key that the fake accepts. No answer of a judge may contain it. */
export const plantedSecret = 'sk-ant-very-secret';

/** Long enough for its prompt to be cached. */
export const longChange = {
  ...changeNumber(1),
  description: `Jobs retried for ever. ${'More of it. '.repeat(300)}`,
};
export const replyTask: JudgeTask = {
  measure: 'reply',
  question: 'Q',
  referenceAnswer: 'R',
  response: 'S',
};

/** The API's fake for one test. It accepts the planted key. */
export const startWithKey = async (options: AnthropicFakeOptions = {}) =>
  (await anthropicRig({ apiKey: plantedSecret, ...options })).fake;

/** The model judge with the API at an address. Its client retries only if told to. */
export const judgeAt = (
  baseURL: string,
  options: Partial<AnthropicClientOptions> = {},
  model = 'claude-sonnet-5-5',
) =>
  modelJudge({
    provider: 'anthropic',
    client: createAnthropicClient({
      apiKey: plantedSecret,
      baseURL,
      maxRetries: 0,
      sleep: async (ms) => {
        await delay(ms);
      },
      ...options,
    }),
    model,
    random: randomBytes,
    prices: createPrices('anthropic'),
    batches: null,
    now: Date.now,
  });

/** What the judge answers about a reply if the API behaves like this. It must not contain the key. */
export const askBefore = async (
  behave: AnthropicBehaviour | ((request: AnthropicRequest, count: number) => AnthropicBehaviour),
  options: Partial<AnthropicClientOptions> = {},
  model?: string,
) => {
  const fake = await startWithKey({ behave: typeof behave === 'function' ? behave : () => behave });
  const answer = await judgeAt(fake.url, options, model).open(longChange).ask(replyTask);
  expect(JSON.stringify(answer)).not.toContain('secret');
  return { answer, fake };
};
