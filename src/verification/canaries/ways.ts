import type { GroundTruth } from '#contracts/ground-truth.ts';
import { type CanaryWay, canaryWays } from '#contracts/replay.ts';
import { seededFraction } from '../text/seeded-choice.ts';

/** How many changes of a key get variants. */
export const changesWithVariants = 4;
/** How many false ones each of them gets. */
const falsehoodsOfEach = 2;

/**
 * Whether another provider's model writes this pull request's variants, where there is one: true of every second.
 * Decided like the ways, because runs share keys.
 */
export const isForSecondAuthor = ({ repository, id, title, diff }: GroundTruth): boolean =>
  seededFraction('variant-author', repository, id, title, diff) < 0.5;

/**
 * The ways of the false variants of a key's first changes, in their order. They are dealt by what the pull request is
 * and by nothing else, because runs share keys. Each way falls on one or two changes, and on every pull request equally
 * often in the long run.
 */
export const dealWays = ({ repository, id, title, diff }: GroundTruth): CanaryWay[][] => {
  const order = [...canaryWays]
    .map((way) => ({ way, place: seededFraction('variant-ways', repository, id, title, diff, way) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ way }) => way);
  return Array.from({ length: changesWithVariants }, (_, change) =>
    Array.from(
      { length: falsehoodsOfEach },
      (__, at) => order[(change * falsehoodsOfEach + at) % order.length] as CanaryWay,
    ),
  );
};
