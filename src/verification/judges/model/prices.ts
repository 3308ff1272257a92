import { z } from 'zod';
import type { JudgeUsage } from '#contracts/replay.ts';

const amount = z.number().nonnegative();
/** US dollars per million tokens; `cacheWrite` is the 5-minute cache's, the only one used here. */
const modelPriceSchema = z.strictObject({
  input: amount,
  cacheWrite: amount,
  cacheRead: amount,
  output: amount,
});
type ModelPrice = z.infer<typeof modelPriceSchema>;

/** Prices that an operator knows better, by the model's name. */
export const priceOverridesSchema = z.record(z.string().min(1), modelPriceSchema);
export type PriceOverrides = z.infer<typeof priceOverridesSchema>;

type Tokens = Pick<JudgeUsage, 'inputTokens' | 'cacheWriteTokens' | 'cacheReadTokens' | 'outputTokens'>;

type PriceEntry = ModelPrice & {
  /** Where a prompt (cache reads and writes included) is longer than this, its call costs `long` throughout. */
  longPrompt?: { aboveTokens: number; price: ModelPrice };
};

/**
 * List prices as of 2026-10-24 (platform.claude.com/docs/en/about-claude/pricing): Sonnet's cache reads since their
 * cut of 2026-10-07, Haiku in its two bands. They are assumed to hold until this table says otherwise; a certificate's
 * costs are therefore estimates, while its token counts are the API's own.
 */
export const pricesAsOf = '2026-10-24';
const listPrices = new Map<string, PriceEntry>([
  ['claude-sonnet-5-5', { input: 2, cacheWrite: 2.5, cacheRead: 0.1, output: 10 }],
  ['claude-opus-5-5', { input: 4, cacheWrite: 5, cacheRead: 0.2, output: 20 }],
  [
    'claude-haiku-5-5',
    {
      input: 0.1,
      cacheWrite: 0.125,
      cacheRead: 0.01,
      output: 0.5,
      longPrompt: {
        aboveTokens: 100_000,
        price: { input: 0.5, cacheWrite: 0.625, cacheRead: 0.05, output: 2.5 },
      },
    },
  ],
]);

/** The Message Batches API charges half of everything. */
const batchShare = 0.5;

/**
 * US dollars for tokens of a model whose price nobody told us: above every list price known when this was written, so
 * that a limit holds (too early rather than too late) for a model that is newer than this table.
 */
const ceiling: ModelPrice = { input: 20, cacheWrite: 40, cacheRead: 20, output: 100 };

const charge = (price: ModelPrice, tokens: Tokens) =>
  (tokens.inputTokens * price.input +
    tokens.cacheWriteTokens * price.cacheWrite +
    tokens.cacheReadTokens * price.cacheRead +
    tokens.outputTokens * price.output) /
  1e6;

/** What these tokens would cost at the ceiling, in US dollars. */
export const ceilingCostUsd = (tokens: Tokens): number => charge(ceiling, tokens);

/** What a call counts for against limits, in US dollars: its cost, or the ceiling where its price is not known. */
export const countedCostUsd = ({ costUsd, ...tokens }: JudgeUsage): number =>
  costUsd ?? ceilingCostUsd(tokens);

export type Prices = {
  /** What one call cost, in US dollars; null where the model's price is not known. */
  costUsd(model: string, tokens: Tokens, how?: { batch: boolean }): number | null;
};

/** The list prices, with an operator's own in their place where there are some. */
export const createPrices = (overrides: PriceOverrides = {}): Prices => {
  const own = new Map<string, PriceEntry>(Object.entries(overrides));
  // A dated snapshot ("claude-opus-5-5-20261001") costs what its alias does.
  const entryOf = (model: string) =>
    own.get(model) ?? own.get(model.replace(/-\d{8}$/, '')) ?? listPrices.get(model.replace(/-\d{8}$/, ''));
  return {
    costUsd: (model, tokens, { batch } = { batch: false }) => {
      const entry = entryOf(model);
      if (entry === undefined) return null;
      const { longPrompt } = entry;
      const promptTokens = tokens.inputTokens + tokens.cacheWriteTokens + tokens.cacheReadTokens;
      const price =
        longPrompt !== undefined && promptTokens > longPrompt.aboveTokens ? longPrompt.price : entry;
      return charge(price, tokens) * (batch ? batchShare : 1);
    },
  };
};
