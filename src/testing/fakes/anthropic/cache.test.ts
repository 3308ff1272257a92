import { setTimeout as delay } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { anthropicRig } from '../../rigs/anthropic-rig.ts';
import type { AnthropicFakeOptions } from './anthropic-fake.ts';

// All counts are derived by hand. A token is four characters, and each block is rounded up separately.

const clock = { ms: 0 };
const start = async (options: AnthropicFakeOptions = {}) => {
  clock.ms = Date.UTC(2026, 0, 1);
  const { fake, sdk } = await anthropicRig({
    behave: () => ({ kind: 'text', text: 'Yes.' }),
    now: () => clock.ms,
    ...options,
  });
  return { fake, client: sdk() };
};

const model = 'claude-sonnet-5-5';
const tokens = (count: number, letter = 'a') => letter.repeat(4 * count);
const block = (text: string, ttl?: '5m' | '1h') => ({
  type: 'text' as const,
  text,
  cache_control: { type: 'ephemeral' as const, ...(ttl === undefined ? {} : { ttl }) },
});
const plain = (text: string) => ({ type: 'text' as const, text });
type Parts = Pick<Anthropic.MessageCreateParamsNonStreaming, 'system' | 'messages'>;
const asked = (system: Parts['system'] = [block(tokens(2000))], question = tokens(10)): Parts => ({
  ...(system === undefined ? {} : { system }),
  messages: [{ role: 'user', content: question }],
});

const usageOf = async (
  client: Anthropic,
  parts: Parts,
  more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {},
) => {
  const { usage } = await client.messages.create({ model, max_tokens: 100, ...parts, ...more });
  const { input_tokens: input, cache_read_input_tokens: read, cache_creation: written } = usage;
  expect(usage.cache_creation_input_tokens).toBe(
    (written?.ephemeral_5m_input_tokens ?? 0) + (written?.ephemeral_1h_input_tokens ?? 0),
  );
  return [input, read, written?.ephemeral_5m_input_tokens, written?.ephemeral_1h_input_tokens];
};

test('the first request writes up to its breakpoint; the next reads that and pays for the rest', async () => {
  const { client } = await start();
  expect(await usageOf(client, asked())).toEqual([10, 0, 2000, 0]);
  expect(await usageOf(client, asked(undefined, tokens(20, 'b')))).toEqual([20, 2000, 0, 0]);
});

test('a request reads the longest written prefix and writes the rest up to its last breakpoint', async () => {
  const { client } = await start();
  const [first, second, third] = [block(tokens(1500)), block(tokens(300, 'b')), block(tokens(200, 'c'))];
  expect(await usageOf(client, asked([first, second]))).toEqual([10, 0, 1800, 0]);
  expect(await usageOf(client, asked([first, second, third]))).toEqual([10, 1800, 200, 0]);
  expect(await usageOf(client, asked([first, block(tokens(300, 'z')), third]))).toEqual([10, 1500, 500, 0]);
  // An entry is found where an earlier request had a breakpoint, even if this one has none there.
  expect(await usageOf(client, asked([plain(tokens(1500)), block(tokens(40, 'y'))]))).toEqual([
    10, 1500, 40, 0,
  ]);
});

test('a breakpoint in a message continues the system prompt’s prefix', async () => {
  const { client } = await start();
  const parts = (question: string): Parts => ({
    system: tokens(1500),
    messages: [{ role: 'user', content: [block(tokens(100, 'b')), plain(question)] }],
  });
  expect(await usageOf(client, parts(tokens(5, 'c')))).toEqual([5, 0, 1600, 0]);
  expect(await usageOf(client, parts(tokens(7, 'd')))).toEqual([7, 1600, 0, 0]);
});

test('a breakpoint finds entries up to 20 blocks back, its own included', async () => {
  const { client } = await start();
  const after = (count: number) => [
    plain(tokens(2000)),
    ...Array.from({ length: count - 1 }, () => plain(tokens(1, 'b'))),
    block(tokens(1, 'c')),
  ];
  await usageOf(client, asked());
  expect(await usageOf(client, asked(after(19)))).toEqual([10, 2000, 19, 0]);
  expect(await usageOf(client, asked(after(20)))).toEqual([10, 0, 2020, 0]);
});

test('a different model, schema, effort, role or boundary between blocks makes a different prefix', async () => {
  const { client } = await start();
  await usageOf(client, asked());
  const schema = { type: 'object', properties: {}, additionalProperties: false };
  const format = { type: 'json_schema' as const, schema };
  // The schema comes before the prompt and adds 62 characters, or 16 tokens.
  expect(JSON.stringify(schema)).toHaveLength(62);
  for (const [more, written] of [
    [{ model: 'claude-opus-5-5' }, 2000],
    [{ output_config: { format } }, 2016],
    [{ output_config: { effort: 'low' } }, 2000],
  ] as const) {
    expect(await usageOf(client, asked(), more)).toEqual([10, 0, written, 0]);
    expect(await usageOf(client, asked(), more)).toEqual([10, written, 0, 0]);
  }
  const asMessage: Parts = { messages: [{ role: 'user', content: [block(tokens(2000))] }] };
  expect(await usageOf(client, asMessage)).toEqual([0, 0, 2000, 0]);
  expect(await usageOf(client, asked([plain(tokens(1000)), block(tokens(1000))]))).toEqual([10, 0, 2000, 0]);
});

test('a prefix below the model’s minimum is not cached and counts as input', async () => {
  const { client } = await start();
  for (const [name, minimum] of [
    [model, 1024],
    ['claude-opus-5-5', 512],
    ['claude-haiku-5-5', 512],
  ] as const) {
    const at = (count: number) => usageOf(client, asked([block(tokens(count))]), { model: name });
    expect(await at(minimum - 1)).toEqual([minimum + 9, 0, 0, 0]);
    expect(await at(minimum - 1)).toEqual([minimum + 9, 0, 0, 0]);
    expect(await at(minimum)).toEqual([10, 0, minimum, 0]);
    expect(await at(minimum)).toEqual([10, minimum, 0, 0]);
  }
});

test('minimums can be set by model and apply to dated snapshots', async () => {
  const dated = 'claude-sonnet-5-5-20260929';
  const { client } = await start({ minCacheableTokens: { [model]: 5 }, models: [model, dated] });
  expect(await usageOf(client, asked([block(tokens(5))]))).toEqual([10, 0, 5, 0]);
  expect(await usageOf(client, asked([block(tokens(5))]), { model: dated })).toEqual([10, 0, 5, 0]);
});

test('an entry’s time to live counts from the start of the request that last used it', async () => {
  const { client } = await start();
  const minute = 60_000;
  for (const [ttl, life] of [
    ['5m', 5 * minute],
    ['1h', 60 * minute],
  ] as const) {
    const system = [block(tokens(2000, ttl === '5m' ? 'a' : 'b'), ttl)];
    const miss = ttl === '5m' ? [10, 0, 2000, 0] : [10, 0, 0, 2000];
    expect(await usageOf(client, asked(system))).toEqual(miss);
    for (const _ of [1, 2, 3]) {
      clock.ms += life - 1;
      expect(await usageOf(client, asked(system))).toEqual([10, 2000, 0, 0]);
    }
    clock.ms += life;
    expect(await usageOf(client, asked(system))).toEqual(miss);
  }
});

test('reading a longer prefix also renews the shorter ones that the request marks', async () => {
  const { client } = await start();
  const both = [block(tokens(1500)), block(tokens(300, 'b'))];
  await usageOf(client, asked(both));
  for (const _ of [1, 2]) {
    clock.ms += 4 * 60_000;
    expect(await usageOf(client, asked(both))).toEqual([10, 1800, 0, 0]);
  }
  expect(await usageOf(client, asked([block(tokens(1500)), plain(tokens(7, 'c'))]))).toEqual([
    17, 1500, 0, 0,
  ]);
});

test('usage separates writes by their time to live', async () => {
  const { client } = await start();
  const system = [block(tokens(2000), '1h'), block(tokens(300, 'b'))];
  expect(await usageOf(client, asked(system))).toEqual([10, 0, 300, 2000]);
  clock.ms += 10 * 60_000;
  expect(await usageOf(client, asked(system))).toEqual([10, 2000, 300, 0]);
});

test('what a request writes can be read only once its answer has begun', async () => {
  const bothAsked = Promise.withResolvers<void>();
  const { fake, client } = await start({
    behave: async (_, count) => {
      if (count === 1) bothAsked.resolve();
      await bothAsked.promise;
      return { kind: 'text', text: 'Yes.' };
    },
  });
  const [first, second] = await Promise.all([usageOf(client, asked()), usageOf(client, asked())]);
  expect([first, second]).toEqual([
    [10, 0, 2000, 0],
    [10, 0, 2000, 0],
  ]);
  expect(await usageOf(client, asked())).toEqual([10, 2000, 0, 0]);
  expect(fake.peakConcurrency).toBe(2);
});

test('a behaviour’s own time overrides the latency, and a request without a message writes nothing', async () => {
  const { client } = await start({
    latencyMs: 10_000,
    behave: (_, count) =>
      count === 0
        ? { kind: 'error', status: 529, type: 'overloaded_error' }
        : { kind: 'text', text: 'Yes.', afterMs: 1 },
  });
  await expect(usageOf(client, asked())).rejects.toMatchObject({ status: 529 });
  expect(await usageOf(client, asked())).toEqual([10, 0, 2000, 0]);
});

test('a client that hangs up while the model thinks leaves nothing in the cache and nothing in the ledger', async () => {
  const thinkingMs = 500;
  const hangUp = new AbortController();
  const { fake, client } = await start({
    behave: (_, count) => {
      if (count === 0) hangUp.abort();
      return { kind: 'text', text: 'Yes.', afterMs: count === 0 ? thinkingMs : 0 };
    },
  });
  const body = { model, max_tokens: 100, ...asked() };
  await expect(client.messages.create(body, { signal: hangUp.signal })).rejects.toThrow(
    Anthropic.APIUserAbortError,
  );
  // The fake waits in this process too. Of two equal waits, the one that began first ends first.
  await delay(thinkingMs);
  expect(fake.usage.standard.messages).toBe(0);
  expect(await usageOf(client, asked())).toEqual([10, 0, 2000, 0]);
});
