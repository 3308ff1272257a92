import type { Interval } from '#contracts/interval.ts';
import { wilsonInterval } from './interval.ts';

export type Agreement = {
  /** Share of the items with the same verdict from both, in [0, 1], and its 95 % interval. */
  raw: number;
  interval: Interval;
  /** At most 1; 0 for chance agreement; null if chance alone gives agreement on every item. */
  kappa: number | null;
  n: number;
};

const tally = (verdicts: readonly string[]) => {
  const times = new Map<string, number>();
  for (const verdict of verdicts) times.set(verdict, (times.get(verdict) ?? 0) + 1);
  return times;
};

/**
 * How far two judges agree on the same items, for any set of verdicts that both use: raw agreement with a Wilson
 * interval, and Cohen's kappa (1960, Educational and Psychological Measurement 20:37), (observed − expected)/(1 −
 * expected). The expected chance agreement follows from each judge's own frequencies. If both always give one and the
 * same verdict, it is 1 and kappa is undefined. Throws on no pairs.
 */
export const agreement = (pairs: readonly { first: string; second: string }[]): Agreement => {
  const n = pairs.length;
  if (n === 0) throw new RangeError('Agreement is undefined without items.');
  const raw = pairs.filter(({ first, second }) => first === second).length / n;
  const ofSecond = tally(pairs.map(({ second }) => second));
  // Counted in pairs of items, so that "always expected" compares whole numbers.
  const expected = [...tally(pairs.map(({ first }) => first))].reduce(
    (total, [verdict, times]) => total + times * (ofSecond.get(verdict) ?? 0),
    0,
  );
  const byChance = expected / n ** 2;
  return {
    raw,
    interval: wilsonInterval(raw, n),
    kappa: expected === n ** 2 ? null : (raw - byChance) / (1 - byChance),
    n,
  };
};
