import { z } from 'zod';

export const judgeProviders = ['offline', 'anthropic'] as const;
export type JudgeProvider = (typeof judgeProviders)[number];

/** Whether an installation pays for this judge's calls. */
export const isPaid = (judge: JudgeProvider | undefined): boolean => judge === 'anthropic';

/** What judging through the Message Batches API (economy mode) gives and takes, for whoever chooses it. */
export const economyTerms =
  'half the list price for each token, without the prompt cache; hours instead of minutes';

/**
 * What a judge goes by, in full: the offline judge's rule, or the instructions that every call to a model begins with.
 * A certificate names it by its `promptDigest` (SHA-256, hex).
 */
export const judgeRuleSchema = z.object({
  provider: z.enum(judgeProviders),
  promptDigest: z.string(),
  text: z.string(),
});
export type JudgeRule = z.infer<typeof judgeRuleSchema>;
