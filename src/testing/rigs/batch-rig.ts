import type Anthropic from '@anthropic-ai/sdk';
import type { AnthropicFakeOptions } from '../fakes/anthropic/anthropic-fake.ts';
import { anthropicRig, type Params, paramsOf } from './anthropic-rig.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export type BatchResults = Map<string, Anthropic.Messages.MessageBatchResult>;

/** The API's fake with batches, for one test. Its clock starts at the beginning of 2026, and `wait` moves it. */
export const batchRig = async (options: AnthropicFakeOptions = {}) => {
  let ms = Date.UTC(2026, 0, 1);
  const wait = (forMs: number) => {
    ms += forMs;
  };
  const { fake, sdk } = await anthropicRig({
    behave: ({ user }) => ({ kind: 'text', text: `Answer to ${user}` }),
    now: () => ms,
    ...options,
  });
  const client = sdk();
  const { batches } = client.messages;
  const resultsOf = async (id: string) => {
    const results: BatchResults = new Map();
    for await (const { custom_id, result } of await batches.results(id)) results.set(custom_id, result);
    return results;
  };
  const get = async (path: string) => {
    const headers = { 'x-api-key': 'sk-ant-test', 'anthropic-version': '2023-06-01' };
    const response = await fetch(`${fake.url}/v1/messages/batches${path}`, { headers });
    return { status: response.status, body: await response.text() };
  };
  return { fake, client, batches, resultsOf, get, wait };
};

/** Items that each ask something different. */
export const itemsOf = (count: number, more: Partial<Params> = {}) =>
  Array.from({ length: count }, (_, index) => ({
    custom_id: `item-${index}`,
    params: paramsOf(`q${index}`, more),
  }));
