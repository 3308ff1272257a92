import { estimatedTokensText, type JudgeUsage } from '#contracts/replay.ts';
import type { Fact } from './facts.tsx';
import { countText } from './format.ts';

/** A judge's calls and their tokens, and how far these are measured. */
export const usageFacts = (usage: Omit<JudgeUsage, 'costUsd'>): Fact[] => [
  { term: 'Judge calls', value: countText(usage.calls) },
  {
    term: 'Tokens',
    value: `${countText(usage.inputTokens)} in, ${countText(usage.cacheWriteTokens)} written to and ${countText(usage.cacheReadTokens)} read from the cache, ${countText(usage.outputTokens)} out${usage.estimatedCalls === 0 ? '' : ` (${estimatedTokensText(usage)})`}`,
  },
];
