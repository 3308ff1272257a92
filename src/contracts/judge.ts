export const judgeProviders = ['offline', 'anthropic'] as const;
export type JudgeProvider = (typeof judgeProviders)[number];

/** Whether an installation pays for this judge's calls. */
export const isPaid = (judge: JudgeProvider | undefined): boolean => judge === 'anthropic';
