import { z } from 'zod';
import {
  type JudgeProvider,
  judgeOf,
  type ListPrice,
  type ModelPrice,
  modelPriceSchema,
} from '#contracts/judge-providers.ts';
import type { JudgeUsage } from '#contracts/replay.ts';

/** Prices that an operator knows better, by the model's name. */
export const priceOverridesSchema = z.record(z.string().min(1), modelPriceSchema);
export type PriceOverrides = z.infer<typeof priceOverridesSchema>;

type Tokens = Pick<JudgeUsage, 'inputTokens' | 'cacheWriteTokens' | 'cacheReadTokens' | 'outputTokens'>;

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

/** What a provider's models cost. */
export type Prices = {
  /** What one call cost, in US dollars; null where the model's price is not known. */
  costUsd(model: string, tokens: Tokens, how?: { batch: boolean }): number | null;
};

/**
 * A provider's list prices, with an operator's own in their place where there are some. A certificate's costs are
 * estimates by them, while its token counts are the API's own.
 */
export const createPrices = (provider: JudgeProvider, overrides: PriceOverrides = {}): Prices => {
  const { model: judge } = judgeOf(provider);
  const list = new Map<string, ListPrice>(Object.entries(judge?.listPrices.models ?? {}));
  const own = new Map<string, ListPrice>(Object.entries(overrides));
  // A dated snapshot ("some-model-20261001") costs what its alias does.
  const entryOf = (model: string) => {
    const alias = model.replace(/-\d{8}$/, '');
    return own.get(model) ?? own.get(alias) ?? list.get(alias);
  };
  const batchShare = judge?.batches?.priceShare ?? 1;
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
