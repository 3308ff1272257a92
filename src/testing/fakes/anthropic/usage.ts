import type { Message } from '@anthropic-ai/sdk/resources/messages';

/** Sums over messages. `cacheWrite1hTokens` is the part of `cacheWriteTokens` at the price for one hour. */
type UsageTotals = {
  messages: number;
  inputTokens: number;
  cacheWriteTokens: number;
  cacheWrite1hTokens: number;
  cacheReadTokens: number;
  outputTokens: number;
};

/** Separate, because items of a batch cost half. */
export type UsageLedger = { standard: UsageTotals; batch: UsageTotals };

const nothing: UsageTotals = {
  messages: 0,
  inputTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 0,
};

export const createLedger = (): UsageLedger => ({ standard: { ...nothing }, batch: { ...nothing } });

export const enterInLedger = (ledger: UsageLedger, { usage }: Message): void => {
  const totals = usage.service_tier === 'batch' ? ledger.batch : ledger.standard;
  totals.messages += 1;
  totals.inputTokens += usage.input_tokens;
  totals.cacheWriteTokens += usage.cache_creation_input_tokens ?? 0;
  totals.cacheWrite1hTokens += usage.cache_creation?.ephemeral_1h_input_tokens ?? 0;
  totals.cacheReadTokens += usage.cache_read_input_tokens ?? 0;
  totals.outputTokens += usage.output_tokens;
};
