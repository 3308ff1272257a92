/**
 * The probability that Student's t with `degrees` of freedom is in (−t, t), where t = √degrees · tan(angle): a finite
 * series in cos(angle) (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4). Its derivative by the angle comes from the same
 * terms.
 */
const within = (angle: number, degrees: number): { probability: number; derivative: number } => {
  const odd = degrees % 2;
  const cosine = Math.cos(angle);
  let series = 0;
  let term = odd ? (2 / Math.PI) * cosine : 1;
  for (let power = odd; power < degrees; power += 2) {
    series += term;
    term *= (cosine ** 2 * (power + 1)) / (power + 2);
  }
  return {
    probability: (odd * 2 * angle) / Math.PI + Math.sin(angle) * series,
    derivative: (degrees * term) / cosine,
  };
};

const refuseDegrees = (degrees: number) => {
  if (!(Number.isInteger(degrees) && degrees > 0))
    throw new RangeError(`Student’s t has no ${degrees} degrees of freedom.`);
};

/** The two-sided p value of a t statistic: the probability of one at least as far from 0. `degrees` is whole. */
export const tTailProbability = (t: number, degrees: number): number => {
  refuseDegrees(degrees);
  return Math.max(0, 1 - within(Math.atan(Math.abs(t) / Math.sqrt(degrees)), degrees).probability);
};

/**
 * Quantile of Student's t distribution for a probability in [0.5, 1) and a whole number of degrees of freedom. The
 * derivative of the probability within falls with the angle, so Newton's method from 0 never overshoots: it ends at the
 * first step that does not go forward.
 */
export const tQuantile = (probability: number, degrees: number): number => {
  if (!(probability >= 0.5 && probability < 1))
    throw new RangeError(`There is no t quantile of ${probability} here.`);
  refuseDegrees(degrees);
  let angle = 0;
  for (;;) {
    const { probability: reached, derivative } = within(angle, degrees);
    const next = angle + (2 * probability - 1 - reached) / derivative;
    if (!(next > angle)) return Math.sqrt(degrees) * Math.tan(angle);
    angle = next;
  }
};
