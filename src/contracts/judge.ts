export const judgeProviders = ['offline', 'anthropic'] as const;
export type JudgeProvider = (typeof judgeProviders)[number];
