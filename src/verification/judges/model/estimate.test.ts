import { expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { changeNumber, changeNumbers } from '#testing/rigs/scripted-engine.ts';
import { type EstimateInput, estimateJudging } from './estimate.ts';
import { createPrices } from './prices.ts';
import { type ModelRequest, promptTexts } from './request.ts';

const model = 'claude-sonnet-5-5';
const estimate = (changed: Partial<EstimateInput> = {}) =>
  estimateJudging({
    changes: changeNumbers(4),
    replays: 4,
    provider: 'anthropic',
    model,
    prices: createPrices('anthropic'),
    economy: false,
    agreement: null,
    variantsAuthor: null,
    baselineReplays: 1000,
    countTokens: null,
    ...changed,
  });

const longer = (change: GroundTruth, characters: number): GroundTruth => ({
  ...change,
  diff: `${change.diff}+// ${'x'.repeat(characters)}\n`,
});

const charactersOf = (request: ModelRequest) => promptTexts(request).join('').length;

test('a change takes seven calls with its baseline if each is made once, and fourteen if each is made twice', async () => {
  const { least, most } = await estimate({ replays: 50 });
  expect([least.calls, most.calls]).toEqual([350, 700]);
  expect(most.inputTokens).toBe(2 * least.inputTokens);
  expect(most.outputTokens).toBe(2 * least.outputTokens);
  expect(most.costUsd).toBeGreaterThan(2 * (least.costUsd ?? Number.NaN));
});

test('the baseline is counted on its share of the replays only', async () => {
  const callsWith = async (baselineReplays: number) =>
    (await estimate({ replays: 100, baselineReplays })).least.calls;
  // By hand: 4 calls on each of 100 changes, and 3 more on 40 of them.
  expect([await callsWith(0), await callsWith(40), await callsWith(100), await callsWith(500)]).toEqual([
    400, 520, 700, 700,
  ]);
});

test('another provider’s variants are one more call on every second change, at that provider’s prices', async () => {
  const alone = await estimate({ replays: 100 });
  const price = { input: 3, cacheWrite: 3, cacheRead: 3, output: 3 };
  const author = (prices: Parameters<typeof createPrices>[1]) => ({
    provider: 'chat' as const,
    model: 'm',
    prices: createPrices('chat', prices),
  });
  const both = await estimate({ replays: 100, variantsAuthor: author({ m: price }) });
  expect([both.least.calls - alone.least.calls, both.most.calls - alone.most.calls]).toEqual([50, 100]);
  const tokens = (of: typeof both.least) => of.inputTokens + of.outputTokens;
  expect((both.least.costUsd ?? 0) - (alone.least.costUsd ?? 0)).toBeCloseTo(
    (3 * (tokens(both.least) - tokens(alone.least))) / 1e6,
    4,
  );
  expect(both.method).toContain('One more on every second change');
  expect(alone.method).not.toContain('One more');
  expect((await estimate({ variantsAuthor: author({}) })).least.costUsd).toBeNull();
});

test('an estimate grows with the diffs and in proportion to the replays', async () => {
  const [small, large] = await Promise.all([
    estimate(),
    estimate({ changes: changeNumbers(4).map((change) => longer(change, 30_000)) }),
  ]);
  for (const end of ['least', 'most'] as const) {
    expect(large[end].inputTokens).toBeGreaterThan(small[end].inputTokens);
    expect(large[end].costUsd).toBeGreaterThan(small[end].costUsd ?? Number.NaN);
    expect(large[end].calls).toBe(small[end].calls);
  }
  // By hand: 30,000 characters more, at three a token, in each of 7 calls on each of 4 changes, within rounding.
  expect(Math.abs(large.least.inputTokens - small.least.inputTokens - 280_000)).toBeLessThan(60);
  const tenfold = await estimate({ replays: 40 });
  expect(tenfold.least.costUsd).toBeCloseTo(10 * (small.least.costUsd ?? Number.NaN), 9);
  expect(tenfold.least.calls).toBe(10 * small.least.calls);
});

test('a tokeniser counts the prompts, and the estimate says of how many changes', async () => {
  const asked: ModelRequest[] = [];
  const counted = await estimate({
    countTokens: async (request) => {
      asked.push(request);
      return { ok: true, tokens: 5_000 };
    },
  });
  expect(asked).toHaveLength(4);
  expect(new Set(asked.map((request) => request.model))).toEqual(new Set([model]));
  expect(counted.method).toContain('4 changes were counted by the model’s own tokeniser');
  // By hand: 5,000 in each of seven calls, plus 30 + 2 · (900 + 1,500 + 500) tokens of material.
  expect(counted.least.inputTokens).toBe(4 * (7 * 5_000 + 5_830));
  const { method } = await estimate();
  expect(method).toContain('3 characters a token');
  expect(method).not.toContain('tokeniser');
});

test('one failed count ends the counting, and the others are estimated from those counted', async () => {
  let asked = 0;
  const changes = changeNumbers(40);
  const { least, method } = await estimate({
    changes,
    replays: 40,
    countTokens: async (request) => {
      asked += 1;
      const turn = asked;
      await Promise.resolve();
      // Two characters a token, where an estimate without a tokeniser takes three.
      return turn === 10
        ? { ok: false, detail: 'it was overloaded' }
        : { ok: true, tokens: Math.ceil(charactersOf(request) / 2) };
    },
  });
  // Four are asked at once, so up to three more are under way.
  expect(asked).toBeGreaterThanOrEqual(10);
  expect(asked).toBeLessThanOrEqual(13);
  expect(method).toMatch(/Prompts of (?:9|1[0-2]) changes were counted/);
  expect(method).toContain('The tokeniser did not count the others: it was overloaded.');
  const all = await estimate({
    changes,
    replays: 40,
    countTokens: async (request) => ({ ok: true, tokens: Math.ceil(charactersOf(request) / 2) }),
  });
  expect(Math.abs(least.inputTokens / all.least.inputTokens - 1)).toBeLessThan(0.001);
});

test('an estimate whose tokeniser fails equals one without a tokeniser, and says why', async () => {
  let asked = 0;
  const without = await estimate();
  const failing = await estimate({
    countTokens: async () => {
      asked += 1;
      return { ok: false, detail: 'the key was refused' };
    },
  });
  expect([failing.least, failing.most]).toEqual([without.least, without.most]);
  expect(failing.method).toContain(
    'estimated at 3 characters a token. The tokeniser did not count them: the key was refused.',
  );
  expect(asked).toBeLessThanOrEqual(4);
});

test('at most fifty changes are counted', async () => {
  let asked = 0;
  const { method } = await estimate({
    changes: changeNumbers(120),
    replays: 120,
    countTokens: async () => {
      asked += 1;
      return { ok: true, tokens: 4_000 };
    },
  });
  expect(asked).toBe(50);
  expect(method).toContain('Prompts of 50 changes');
});

test('a batch halves the price of a prompt that carries its own task’s instructions only, and the estimate says so', async () => {
  const [single, batch] = await Promise.all([estimate(), estimate({ economy: true })]);
  // At half of 2 and 10 dollars a million.
  for (const { inputTokens, outputTokens, costUsd } of [batch.least, batch.most])
    expect(costUsd).toBeCloseTo((inputTokens * 1 + outputTokens * 5) / 1e6, 9);
  expect(batch.most.costUsd).toBeLessThan((single.most.costUsd ?? Number.NaN) / 2);
  expect(batch.most.calls).toBe(single.most.calls);
  expect(batch.method).toContain('at 50 % for batches');
  expect(single.method).not.toContain('for batches');
  expect(single.method).toContain('made once and the prompt cache works');
  expect(batch.method).toContain('The prompt cache lowers neither');
});

test('the upper end is every call made twice at full price', async () => {
  const { most } = await estimate({
    changes: [changeNumber(1)],
    replays: 1,
    countTokens: async () => ({ ok: true, tokens: 10_000 }),
  });
  // By hand: in 7 · 10,000 + 5,830 = 75,830, out 2,500 + 2 · (1,900 + 1,000 + 180) = 8,660 tokens, twice;
  // at 2 and 10 dollars a million 2 · (0.15166 + 0.0866).
  expect(most.costUsd).toBeCloseTo(0.47652, 9);
  expect([most.inputTokens, most.outputTokens]).toEqual([151_660, 17_320]);
});

const again = { provider: 'anthropic', model, prices: createPrices('anthropic') } as const;

test('an unknown price, also of the agreement judge, makes only the cost unknown', async () => {
  const unknown = await estimate({ model: 'claude-unheard-of' });
  expect([unknown.least.costUsd, unknown.most.costUsd]).toEqual([null, null]);
  expect(unknown.least.calls).toBe(28);
  const second = await estimate({ agreement: { ...again, share: 0.5, model: 'claude-unheard-of' } });
  expect([second.least.costUsd, second.most.costUsd]).toEqual([null, null]);
  const free = await estimate({ changes: [], model: 'claude-unheard-of' });
  expect(free.least.calls).toBe(0);
});

test('agreement adds three calls for its share of the replays, however small', async () => {
  const calls = async (share: number, replays = 100) =>
    (await estimate({ changes: changeNumbers(10), replays, agreement: { ...again, share } })).least.calls;
  // By hand: 700 calls, and 3 · 100 · share.
  expect(await calls(0.1)).toBe(730);
  expect(await calls(0.2)).toBe(760);
  expect(await calls(1)).toBe(1000);
  const [none, some] = [await estimate(), await estimate({ agreement: { ...again, share: 0.1 } })];
  expect(some.least.costUsd).toBeGreaterThan(none.least.costUsd ?? Number.NaN);
});

test('without changes every estimate is zero', async () => {
  const { least, most } = await estimate({ changes: [], replays: 50 });
  expect([least, most]).toEqual(
    Array.from({ length: 2 }, () => ({ calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 })),
  );
});
