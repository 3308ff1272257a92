import { expect, test } from 'vitest';
import { createPrices, priceOverridesSchema } from './prices.ts';

const { costUsd: callCostUsd } = createPrices('anthropic');

const usage = { inputTokens: 1000, cacheWriteTokens: 2000, cacheReadTokens: 4000, outputTokens: 500 };

// By hand, in millionths of a dollar: sonnet 1000·2 + 2000·2.5 + 4000·0.1 + 500·10 = 12,400; opus 4,000 + 10,000 +
// 800 + 10,000 = 24,800; haiku 100 + 250 + 40 + 250 = 640.
test.each([
  ['claude-sonnet-5-5', 0.0124],
  ['claude-opus-5-5', 0.0248],
  ['claude-haiku-5-5', 0.00064],
  ['claude-sonnet-5-5-20260929', 0.0124],
])('a call of %s costs its tokens at list price', (model, cost) => {
  expect(callCostUsd(model, usage)).toBeCloseTo(cost, 12);
});

test('a long prompt costs the higher band throughout, cached tokens counting towards it', () => {
  const long = { inputTokens: 1000, cacheWriteTokens: 0, cacheReadTokens: 99_001, outputTokens: 100 };
  // 1000·0.5 + 99,001·0.05 + 100·2.5 = 5,700.05 millionths.
  expect(callCostUsd('claude-haiku-5-5', long)).toBeCloseTo(0.00570005, 12);
  // One token less: 1000·0.1 + 99,000·0.01 + 100·0.5 = 1,140 millionths.
  expect(callCostUsd('claude-haiku-5-5', { ...long, cacheReadTokens: 99_000 })).toBeCloseTo(0.00114, 12);
});

test('a model of unknown price has no cost rather than a wrong one', () => {
  expect(callCostUsd('claude-sonnet-9', usage)).toBeNull();
  expect(callCostUsd('constructor', usage)).toBeNull();
});

test('a call in a batch costs half', () => {
  expect(callCostUsd('claude-sonnet-5-5', usage, { batch: true })).toBeCloseTo(0.0062, 12);
});

test('an operator’s own prices replace the list, for dated snapshots too', () => {
  const own = { input: 1, cacheWrite: 1, cacheRead: 1, output: 1 };
  const { costUsd } = createPrices('anthropic', { 'claude-sonnet-5-5': own, 'claude-sonnet-9': own });
  for (const model of ['claude-sonnet-5-5', 'claude-sonnet-5-5-20260929', 'claude-sonnet-9'])
    expect(costUsd(model, usage)).toBeCloseTo(0.0075, 12);
  expect(costUsd('claude-opus-5-5', usage)).toBeCloseTo(0.0248, 12);
});

test.each([{ model: { input: -1, cacheWrite: 1, cacheRead: 1, output: 1 } }, { model: { input: 1 } }, []])(
  'impossible prices are refused: %j',
  (prices) => {
    expect(priceOverridesSchema.safeParse(prices).success).toBe(false);
  },
);
