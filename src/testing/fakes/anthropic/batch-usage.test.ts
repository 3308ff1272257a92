import { expect, test } from 'vitest';
import { type Params, paramsOf } from '../../rigs/anthropic-rig.ts';
import { type BatchResults, batchRig, itemsOf } from '../../rigs/batch-rig.ts';

const cachedSystem: Partial<Params> = {
  system: [{ type: 'text', text: 'a'.repeat(8000), cache_control: { type: 'ephemeral', ttl: '1h' } }],
};
const readsOf = (results: BatchResults, count: number) =>
  itemsOf(count).map(({ custom_id }) => {
    const result = results.get(custom_id);
    return result?.type === 'succeeded' ? result.message.usage.cache_read_input_tokens : null;
  });

test('items of one batch read each other’s cache only if cacheHits says so', async () => {
  for (const [cacheHits, reads] of [
    [undefined, [0, 0, 0]],
    ['none', [0, 0, 0]],
    ['all', [0, 2000, 2000]],
  ] as const) {
    const { batches, resultsOf } = await batchRig({
      batches: cacheHits === undefined ? {} : { cacheHits },
    });
    const { id } = await batches.create({ requests: itemsOf(3, cachedSystem) });
    expect(readsOf(await resultsOf(id), 3)).toEqual(reads);
  }
});

test('cacheHits as a share is drawn for each item', async () => {
  const { batches, resultsOf } = await batchRig({ batches: { cacheHits: 0.5 } });
  const { id } = await batches.create({ requests: itemsOf(200, cachedSystem) });
  const hits = readsOf(await resultsOf(id), 200).filter((read) => read === 2000).length;
  // Binomial with n = 200, p = 0.5: 100 ± 3.9 standard deviations of 7.07.
  expect(hits).toBeGreaterThan(72);
  expect(hits).toBeLessThan(128);
});

test('all items read what was written before their batch began, and nothing written later', async () => {
  const { client, batches, resultsOf, wait } = await batchRig({ batches: { afterMs: 1000 } });
  const before = await batches.create({ requests: itemsOf(2, cachedSystem) });
  await client.messages.create(paramsOf('live', cachedSystem));
  const after = await batches.create({ requests: itemsOf(2, cachedSystem) });
  wait(1000);
  expect(readsOf(await resultsOf(before.id), 2)).toEqual([0, 0]);
  expect(readsOf(await resultsOf(after.id), 2)).toEqual([2000, 2000]);
});

test('the ledger counts the usage of batches separately', async () => {
  const { fake, client, batches } = await batchRig({ batches: { cacheHits: 'all' } });
  await batches.create({ requests: itemsOf(3, cachedSystem) });
  await fake.endBatches();
  await client.messages.create(paramsOf('q9', cachedSystem));
  // Each asks one token ("q0"). The answer is "Answer to q0": 12 characters, or 3 tokens.
  expect(fake.usage).toEqual({
    batch: {
      messages: 3,
      inputTokens: 3,
      cacheWriteTokens: 2000,
      cacheWrite1hTokens: 2000,
      cacheReadTokens: 4000,
      outputTokens: 9,
    },
    standard: {
      messages: 1,
      inputTokens: 1,
      cacheWriteTokens: 0,
      cacheWrite1hTokens: 0,
      cacheReadTokens: 2000,
      outputTokens: 3,
    },
  });
});
