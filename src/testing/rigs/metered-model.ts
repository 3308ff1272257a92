import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { BatchDesk } from '#verification/judges/model/batches.ts';
import { modelJudge } from '#verification/judges/model/model-judge.ts';
import { createPrices } from '#verification/judges/model/prices.ts';
import { createAnthropicClient } from '#verification/judges/providers/anthropic/client.ts';
import { startAnthropicFake } from '../fakes/anthropic/anthropic-fake.ts';
import { promptTokens } from '../fakes/anthropic/cache.ts';
import type { AnthropicRequest } from '../fakes/anthropic/request.ts';

export { tokensOf } from '../fakes/anthropic/cache.ts';
export type MeteredRequest = AnthropicRequest;

const model = 'claude-sonnet-5-5';

/** The tokens of a prompt of these texts, with the answer's schema that the request asks for. */
export const tokensOfPrompt = (texts: string[], { schema }: Pick<MeteredRequest, 'schema'>): number =>
  promptTokens({
    model,
    schema,
    effort: null,
    blocks: texts.map((text) => ({ role: '', text, ttl: null })),
  });

/** The model judge with an API fake that counts tokens and caches prompts as the API does. */
export const startMeteredModel = async () => {
  const fake = await startAnthropicFake({ batches: { manual: true } });
  const client = createAnthropicClient({
    apiKey: 'sk-ant-test',
    baseURL: fake.url,
    sleep: async (ms) => {
      await delay(ms);
    },
  });
  const { batches } = client;
  /** Puts each call in a separate batch, which ends at once. */
  const desk: BatchDesk = {
    exchange: async (name, { request }) => {
      const batchId = await batches.submit([{ id: name.replaceAll('/', '_').slice(-64), request }]);
      fake.endBatches();
      for await (const result of batches.results(batchId)) if (result.kind === 'reply') return result.reply;
      throw new Error('A batch had no reply.');
    },
  };
  return {
    requests: fake.requests,
    judge: ({ economy }: { economy: boolean }) =>
      modelJudge({
        provider: 'anthropic',
        client,
        model,
        random: randomBytes,
        prices: createPrices('anthropic'),
        batches: economy ? desk : null,
        now: Date.now,
      }),
    close: fake.close,
  };
};
