import { z } from 'zod';
import {
  type JudgeProvider,
  judgeOf,
  type ListPrice,
  type ModelPrice,
  modelPriceSchema,
} from '#contracts/judge-providers.ts';
import type { JudgeUsage } from '#contracts/replay.ts';

/** An operator's own prices, by the model's name. */
export const priceOverridesSchema = z.record(z.string().min(1), modelPriceSchema);
export type PriceOverrides = z.infer<typeof priceOverridesSchema>;

type Tokens = Pick<JudgeUsage, 'inputTokens' | 'cacheWriteTokens' | 'cacheReadTokens' | 'outputTokens'>;

/**
 * The price of a model whose price is unknown, in US dollars a million tokens. It is above every list price known when
 * this was written. So a limit still works for a model newer than this table: too early rather than too late.
 */
const ceiling: ModelPrice = { input: 20, cacheWrite: 40, cacheRead: 20, output: 100 };

const charge = (price: ModelPrice, tokens: Tokens) =>
  (tokens.inputTokens * price.input +
    tokens.cacheWriteTokens * price.cacheWrite +
    tokens.cacheReadTokens * price.cacheRead +
    tokens.outputTokens * price.output) /
  1e6;

/** The cost of these tokens at the ceiling, in US dollars. */
export const ceilingCostUsd = (tokens: Tokens): number => charge(ceiling, tokens);

/**
 * What a call counts against limits, in US dollars: its cost, or if that is unknown the ceiling, but no more than what
 * was booked as the most that it can cost.
 */
export const countedCostUsd = ({ costUsd, ...tokens }: JudgeUsage, mostUsd: number): number =>
  costUsd ?? Math.min(mostUsd, ceilingCostUsd(tokens));

/** What a provider's models cost. */
export type Prices = {
  /**
   * The cost of one call in US dollars. Null: the model's price is unknown.
   * @param how `asked`: the model that was asked for, if another name answered. The operator's price for it holds for
   * whatever answers, because servers name their models in several ways.
   */
  costUsd(model: string, tokens: Tokens, how?: { batch: boolean; asked?: string | undefined }): number | null;
};

/** A dated snapshot ("some-model-20261001", "some-model-2026-10-01") costs the same as its alias. */
const aliasOf = (model: string) => model.replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2})$/, '');

/**
 * Whether limits in US dollars can be held for a model: its price is known, or is at most the ceiling because the
 * provider publishes a list.
 */
export const canHoldLimits = (provider: JudgeProvider, model: string, overrides: PriceOverrides): boolean =>
  judgeOf(provider).model?.listPrices !== null ||
  [model, aliasOf(model)].some((name) => Object.hasOwn(overrides, name));

/**
 * A provider's list prices; an operator's own prices replace them. A certificate's costs are estimated from these, its
 * token counts are the API's own.
 */
export const createPrices = (provider: JudgeProvider, overrides: PriceOverrides = {}): Prices => {
  const { model: judge } = judgeOf(provider);
  const list = new Map<string, ListPrice>(Object.entries(judge?.listPrices?.models ?? {}));
  const own = new Map<string, ListPrice>(Object.entries(overrides));
  const ownOf = (model: string) => own.get(model) ?? own.get(aliasOf(model));
  const batchShare = judge?.batches?.priceShare ?? 1;
  return {
    costUsd: (model, tokens, { batch, asked = model } = { batch: false }) => {
      const entry = ownOf(model) ?? list.get(aliasOf(model)) ?? ownOf(asked);
      if (entry === undefined) return null;
      const { longPrompt } = entry;
      const promptTokens = tokens.inputTokens + tokens.cacheWriteTokens + tokens.cacheReadTokens;
      const price =
        longPrompt !== undefined && promptTokens > longPrompt.aboveTokens ? longPrompt.price : entry;
      return charge(price, tokens) * (batch ? batchShare : 1);
    },
  };
};
