import { seededFraction } from './seeded.ts';

/** Choices of one pull request that anyone with its run's seed can make again. */
export type SeededChoice = {
  /** A whole number from 0 to below `count`, the same for the same label. */
  below(count: number, label: string): number;
  /** The list from a chosen place on, and then from its start: what is tried in turn until one will do. */
  turned<T>(list: readonly T[], label: string): T[];
};

export function seededChoice(seed: string, groundTruthId: string): SeededChoice {
  const below = (count: number, label: string): number =>
    Math.floor(seededFraction('canary', seed, groundTruthId, label) * count);
  return {
    below,
    turned: (list, label) => {
      const start = below(list.length, label);
      return [...list.slice(start), ...list.slice(0, start)];
    },
  };
}
