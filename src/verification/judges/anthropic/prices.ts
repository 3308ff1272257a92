import type { JudgeUsage } from '#contracts/replay.ts';

/** US dollars per million tokens at list price; `cacheWrite` is the 5-minute cache's, the only one used here. */
export type ModelPrice = { input: number; cacheWrite: number; cacheRead: number; output: number };

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
const prices = new Map<string, PriceEntry>([
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

/** What one call's prompt of this many tokens is charged at; null for a model of unknown price. */
export const modelPrice = (model: string, promptTokens: number): ModelPrice | null => {
  // A dated snapshot ("claude-opus-5-5-20261001") costs what its alias does.
  const entry = prices.get(model.replace(/-\d{8}$/, ''));
  if (entry === undefined) return null;
  const { longPrompt } = entry;
  return longPrompt !== undefined && promptTokens > longPrompt.aboveTokens ? longPrompt.price : entry;
};

/** What one call cost, in US dollars; null where the model's price is not known. */
export const callCostUsd = (
  model: string,
  usage: Pick<JudgeUsage, 'inputTokens' | 'cacheWriteTokens' | 'cacheReadTokens' | 'outputTokens'>,
): number | null => {
  const { inputTokens, cacheWriteTokens, cacheReadTokens, outputTokens } = usage;
  const price = modelPrice(model, inputTokens + cacheWriteTokens + cacheReadTokens);
  if (price === null) return null;
  return (
    (inputTokens * price.input +
      cacheWriteTokens * price.cacheWrite +
      cacheReadTokens * price.cacheRead +
      outputTokens * price.output) /
    1e6
  );
};
