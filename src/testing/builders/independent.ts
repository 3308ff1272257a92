import type { Dependence } from '#contracts/replay.ts';

/** A pull request that depends on no other: an author and a week of its own. */
export const independent = (place: number): Dependence => ({
  author: place + 1,
  week: place + 1,
  mergeOrder: place + 1,
});
