import type { JudgeUsage } from '#contracts/replay.ts';

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** The cost of the whole is unknown as soon as one paid part of it is. */
export const totalUsage = (parts: JudgeUsage[]): JudgeUsage => {
  const costs = parts.filter(({ calls }) => calls > 0).map(({ costUsd }) => costUsd);
  const known = costs.filter((cost) => cost !== null);
  return {
    calls: sum(parts.map((part) => part.calls)),
    inputTokens: sum(parts.map((part) => part.inputTokens)),
    cacheWriteTokens: sum(parts.map((part) => part.cacheWriteTokens)),
    cacheReadTokens: sum(parts.map((part) => part.cacheReadTokens)),
    outputTokens: sum(parts.map((part) => part.outputTokens)),
    costUsd: known.length === costs.length ? sum(known) : null,
  };
};
