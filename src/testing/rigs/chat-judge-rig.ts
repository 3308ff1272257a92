import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import type { Judge } from '#verification/judges/judge.ts';
import type { ModelClient } from '#verification/judges/model/model-client.ts';
import { modelJudge } from '#verification/judges/model/model-judge.ts';
import { createPrices, type PriceOverrides } from '#verification/judges/model/prices.ts';
import { type ChatClientOptions, createChatClient } from '#verification/judges/providers/chat/client.ts';
import {
  type CompletionsBehaviour,
  type CompletionsFake,
  type CompletionsFakeOptions,
  type CompletionsRequest,
  startCompletionsFake,
} from '../fakes/chat/completions-fake.ts';
import { longChange, replyTask } from './judge-rig.ts';

/** The key that the fake accepts. No answer of a judge may contain it. */
export const chatSecret = 'sk-chat-very-secret';

/** The endpoint's fake for one test. It accepts the planted key. */
export const chatEndpoint = async (options: CompletionsFakeOptions = {}): Promise<CompletionsFake> => {
  const fake = await startCompletionsFake({ apiKey: chatSecret, ...options });
  onTestFinished(fake.close);
  return fake;
};

/** A client of the endpoint at an address. It retries only if told to. */
export const chatClientAt = (url: string, options: Partial<ChatClientOptions> = {}): ModelClient =>
  createChatClient({
    apiKey: chatSecret,
    url,
    maxRetries: 0,
    sleep: async (ms) => {
      await delay(ms);
    },
    ...options,
  });

/** The chat judge with the endpoint at an address. */
export const chatJudgeAt = (
  url: string,
  options: Partial<ChatClientOptions> = {},
  {
    model = 'model-1',
    prices = {},
    client = chatClientAt(url, options),
  }: { model?: string; prices?: PriceOverrides; client?: ModelClient } = {},
): Judge =>
  modelJudge({
    provider: 'chat',
    client,
    model,
    endpoint: new URL(url).origin,
    random: randomBytes,
    prices: createPrices('chat', prices),
    batches: null,
    now: Date.now,
  });

/** What the judge answers about a reply if the endpoint behaves like this. It must not contain the key. */
export const askChat = async (
  behave: CompletionsBehaviour | ((request: CompletionsRequest, count: number) => CompletionsBehaviour),
  {
    fake: fakeOptions = {},
    client = {},
    judge = {},
  }: {
    fake?: CompletionsFakeOptions;
    client?: Partial<ChatClientOptions>;
    judge?: { model?: string; prices?: PriceOverrides };
  } = {},
) => {
  const fake = await chatEndpoint({
    behave: typeof behave === 'function' ? behave : () => behave,
    ...fakeOptions,
  });
  const answer = await chatJudgeAt(fake.url, client, judge).open(longChange).ask(replyTask);
  expect(JSON.stringify(answer)).not.toContain('secret');
  return { answer, fake };
};
