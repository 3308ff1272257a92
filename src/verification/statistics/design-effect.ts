import type { Dependence } from '#contracts/replay.ts';
import { mean, sum } from './interval.ts';

/** Sums of squares below this come from rounding: distinct scores are much further apart. */
const noVariation = 1e-18;

/** Groups as places in the list. One that is larger than max(5, n/10) is cut in merge order into pieces of that size. */
const groupsBy = (of: 'author' | 'week', dependence: readonly Dependence[]): number[][] => {
  const n = dependence.length;
  const largest = Math.floor(Math.max(5, n / 10));
  const inMergeOrder = [...dependence.entries()].sort(([, a], [, b]) => a.mergeOrder - b.mergeOrder);
  const groups = [...Map.groupBy(inMergeOrder, ([, each]) => each[of]).values()];
  return groups.flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / largest) }, (_, piece) =>
      group.slice(piece * largest, (piece + 1) * largest).map(([place]) => place),
    ),
  );
};

/** D of one grouping. */
const effectOf = (values: readonly number[], groups: number[][]): number => {
  const [n, k] = [values.length, groups.length];
  if (k < 3 || k === n) return 1;
  const sizeOfAny = sum(groups.map((group) => group.length ** 2)) / n;
  const usualSize = (n - sizeOfAny) / (k - 1);
  const centre = mean(values);
  const within = groups.map((places) => {
    const own = places.map((place) => values[place] ?? Number.NaN);
    const average = mean(own);
    return { size: own.length, average, squares: sum(own.map((value) => (value - average) ** 2)) };
  });
  const between = sum(within.map(({ size, average }) => size * (average - centre) ** 2)) / (k - 1);
  const inside = sum(within.map(({ squares }) => squares)) / (n - k);
  const spread = between + (usualSize - 1) * inside;
  const correlation = spread < noVariation ? 0 : (between - inside) / spread;
  const error =
    Math.abs(1 - correlation) *
    Math.abs(1 + (usualSize - 1) * correlation) *
    Math.sqrt(2 / (usualSize * (usualSize - 1) * (k - 1)));
  return Math.max(1, 1 + (sizeOfAny - 1) * Math.min(1, correlation + error / 2));
};

/**
 * The design effect D of dependent pull requests, at least 1 (methodology, "Intervals"): how many times larger the
 * variance of a mean is than if its values were independent. `dependence` has one item for each value.
 *
 * For k groups of sizes m, with m_A = Σm²/n and m₀ = (n − m_A)/(k − 1), the intra-class correlation is that of one-way
 * analysis of variance (Donner 1986, International Statistical Review 54:67): ρ = (MSB − MSW)/(MSB + (m₀ − 1)MSW). Its
 * standard error s is Fisher's for equal groups, |1 − ρ|·|1 + (m₀ − 1)ρ|·√(2/(m₀(m₀ − 1)(k − 1))). Half of it is added,
 * because ρ from few groups is often too low: D = 1 + (m_A − 1)·min(1, ρ + s/2). Of the groups by author and by week of
 * the merge the larger D counts.
 */
export const designEffect = (values: readonly number[], dependence: readonly Dependence[]): number => {
  if (values.length !== dependence.length) throw new RangeError('Each value has its place among the groups.');
  return Math.max(
    effectOf(values, groupsBy('author', dependence)),
    effectOf(values, groupsBy('week', dependence)),
  );
};
