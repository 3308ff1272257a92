import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { Dependence } from '#contracts/replay.ts';

const dayMs = 86_400_000;

/** ISO weeks in UTC, counted: they begin on Mondays, and 1 January 1970 was a Thursday. */
const isoWeekOf = (mergedAt: string) => Math.floor((Math.floor(Date.parse(mergedAt) / dayMs) + 3) / 7);

/** Numbers keys from 1 in the order in which they come. */
const numbering = () => {
  const known = new Map<unknown, number>();
  return (key: unknown): number => {
    const ordinal = known.get(key) ?? known.size + 1;
    known.set(key, ordinal);
    return ordinal;
  };
};

/**
 * Each change with what it may depend on, as ordinals from 1: author, ISO week of the merge, and place in the order of
 * merges (of equal times in the list's order). They name nobody, so a private repository's can be published. An author
 * that the source does not name is a group of its own.
 */
export const withDependence = <Change extends Pick<GroundTruth, 'author' | 'mergedAt'>>(
  changes: readonly Change[],
): (Change & { dependence: Dependence })[] => {
  const [authorOf, weekOf, orderOf] = [numbering(), numbering(), numbering()];
  for (const change of changes.toSorted((a, b) => Date.parse(a.mergedAt) - Date.parse(b.mergedAt)))
    orderOf(change);
  return changes.map((change) => ({
    ...change,
    dependence: {
      author: authorOf(change.author ?? change),
      week: weekOf(isoWeekOf(change.mergedAt)),
      mergeOrder: orderOf(change),
    },
  }));
};
