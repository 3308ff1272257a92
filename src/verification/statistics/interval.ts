import type { Interval } from '#contracts/interval.ts';
import { tQuantile } from './t-distribution.ts';

/** The standard normal quantile at 0.975, to the two decimals that the methodology fixes. */
export const z = 1.96;

/** Added in the given order. */
export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Arithmetic mean, summed in the given order. Throws on an empty list. */
export const mean = (values: readonly number[]): number => {
  if (values.length === 0) throw new RangeError('The mean is undefined without values.');
  return sum(values) / values.length;
};

/**
 * Effective sample size of n values in [0, 1] (methodology, "Intervals"). With one 0 and one 1 added, M and V are the
 * mean and the population variance, and n_eff = n · M(1 − M)/V · (1.96/t₀.₉₇₅,ₙ₊₁)² / D. The two added values keep V above
 * 0, so equal values and rare zeros need no special case. The t quantile widens small samples, D dependent ones.
 */
export const effectiveSampleSize = (values: readonly number[], designEffect: number): number => {
  const n = values.length;
  const padded = [...values, 0, 1];
  const centre = mean(padded);
  const variance = mean(padded.map((value) => (value - centre) ** 2));
  return ((n * centre * (1 - centre)) / variance) * ((z / tQuantile(0.975, n + 1)) ** 2 / designEffect);
};

/**
 * 95 % score interval (Wilson 1927) of a proportion over `size` observations, which need not be a whole number. It is
 * in [0, 1] and contains the proportion. The clamps only remove rounding errors.
 */
export const wilsonInterval = (proportion: number, size: number): Interval => {
  const scale = 1 + z ** 2 / size;
  const centre = (proportion + z ** 2 / (2 * size)) / scale;
  const half = (z / scale) * Math.sqrt((proportion * (1 - proportion)) / size + z ** 2 / (4 * size ** 2));
  return {
    lower: Math.max(0, Math.min(centre - half, proportion)),
    upper: Math.min(1, Math.max(centre + half, proportion)),
  };
};

/** 95 % interval of the mean of values in [0, 1] with this design effect. Throws on an empty list. */
export const meanInterval = (values: readonly number[], designEffect: number): Interval =>
  wilsonInterval(mean(values), effectiveSampleSize(values, designEffect));
