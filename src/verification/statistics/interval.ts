import type { Interval } from '#contracts/interval.ts';

/** The standard normal quantile at 0.975, to the two decimals that the methodology fixes. */
const z = 1.96;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Arithmetic mean, summed in the given order. Throws on an empty list. */
export const mean = (values: readonly number[]): number => {
  if (values.length === 0) throw new RangeError('The mean is undefined without values.');
  return sum(values) / values.length;
};

/**
 * Quantile of Student's t distribution for a probability in [0.5, 1) and a whole number ν of degrees of freedom. With t
 * = √ν·tan θ, the probability of (−t, t) is a finite series in cos θ (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).
 * Its derivative falls with θ, so Newton's method from 0 never overshoots: it ends at the first step that does not go
 * forward.
 */
export const tQuantile = (probability: number, degrees: number): number => {
  if (!(probability >= 0.5 && probability < 1 && Number.isInteger(degrees) && degrees > 0))
    throw new RangeError(`No t quantile of ${probability} with ${degrees} degrees of freedom.`);
  const odd = degrees % 2;
  let angle = 0;
  for (;;) {
    const cosine = Math.cos(angle);
    let series = 0;
    let term = odd ? (2 / Math.PI) * cosine : 1;
    for (let power = odd; power < degrees; power += 2) {
      series += term;
      term *= (cosine ** 2 * (power + 1)) / (power + 2);
    }
    const within = (odd * 2 * angle) / Math.PI + Math.sin(angle) * series;
    const next = angle + ((2 * probability - 1 - within) * cosine) / (degrees * term);
    if (!(next > angle)) return Math.sqrt(degrees) * Math.tan(angle);
    angle = next;
  }
};

/**
 * Effective sample size of n values in [0, 1] (methodology, "Intervals"). With one 0 and one 1 added, M and V are the
 * mean and the population variance, and n_eff = n · M(1 − M)/V · (1.96/t₀.₉₇₅,ₙ₊₁)². The two added values keep V above
 * 0, so equal values and rare zeros need no special case. The t quantile widens small samples.
 */
export const effectiveSampleSize = (values: readonly number[]): number => {
  const n = values.length;
  const padded = [...values, 0, 1];
  const centre = mean(padded);
  const variance = mean(padded.map((value) => (value - centre) ** 2));
  return ((n * centre * (1 - centre)) / variance) * (z / tQuantile(0.975, n + 1)) ** 2;
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

/** 95 % interval of the mean of values in [0, 1], assumed independent. Throws on an empty list. */
export const meanInterval = (values: readonly number[]): Interval =>
  wilsonInterval(mean(values), effectiveSampleSize(values));
