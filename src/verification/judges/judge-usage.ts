import type { UsageByMeasure } from '#contracts/certificate.ts';
import type { JudgeUsage, WordlessCheckpoint } from '#contracts/replay.ts';

/** Sums usage. The total cost is unknown as soon as the cost of one part with calls is. */
export const totalUsage = (parts: JudgeUsage[]): JudgeUsage => {
  const costs = parts.filter(({ calls }) => calls > 0).map(({ costUsd }) => costUsd);
  const known = costs.filter((cost) => cost !== null);
  const all = (amount: Exclude<keyof JudgeUsage, 'costUsd'>) =>
    parts.reduce((total, part) => total + part[amount], 0);
  return {
    calls: all('calls'),
    estimatedCalls: all('estimatedCalls'),
    inputTokens: all('inputTokens'),
    cacheWriteTokens: all('cacheWriteTokens'),
    cacheReadTokens: all('cacheReadTokens'),
    outputTokens: all('outputTokens'),
    costUsd: known.length === costs.length ? known.reduce((total, cost) => total + cost, 0) : null,
  };
};

/** What the judge used over a run's replays, by purpose. Usage that an earlier run paid for is not counted. */
export const usageByMeasure = (checkpoints: WordlessCheckpoint[]): UsageByMeasure => {
  const of = (usages: (checkpoint: WordlessCheckpoint) => ({ usage: JudgeUsage } | undefined)[]) =>
    totalUsage(checkpoints.flatMap(usages).flatMap((part) => (part === undefined ? [] : [part.usage])));
  return {
    answerKey: of(({ answerKey }) => [answerKey, ...(answerKey?.variantsAsked ?? [])]),
    precision: of(({ precision }) => [precision]),
    recall: of(({ recall }) => [recall]),
    reply: of(({ reply }) => [reply]),
    baseline: of(({ baseline }) =>
      baseline?.reused === false ? [baseline.precision, baseline.recall, baseline.reply] : [],
    ),
    second: of(({ second }) => [second?.precision, second?.recall, second?.reply]),
  };
};
