import type { Interval } from '#contracts/interval.ts';
import { type CanaryCounts, reliableJudge } from '#contracts/judge-trust.ts';
import { wilsonInterval } from './interval.ts';

/** A proportion in [0, 1], its 95 % interval, and the number of canaries behind it. */
export type CanaryRate = { value: number; interval: Interval; of: number };

/** A rate is null when no canary of its kind was shown: not measured is not 0. */
export type JudgeReliability = {
  /** P(supported | true). */
  q1: CanaryRate | null;
  /** P(rejected | false). Injected canaries do not count here. */
  q0: CanaryRate | null;
  /** P(supported | injected). */
  leak: CanaryRate | null;
  /** Youden's index q0 + q1 − 1, in [−1, 1], with the lower bound of its 95 % interval. */
  youden: { value: number; lower: number } | null;
  reliable: boolean;
};

/** The share of hits with its Wilson interval. Null if there is nothing to count: not measured is not 0. */
export const rateOf = (hits: number, of: number): CanaryRate | null =>
  of === 0 ? null : { value: hits / of, interval: wilsonInterval(hits / of, of), of };

/**
 * q0 + q1 − 1 is P(supported | true) − P(supported | false), a difference of two independent proportions. Its bound is
 * Newcombe's hybrid score bound (1998, Statistics in Medicine 17:873, method 10), in which each rate moves as far as
 * its own Wilson interval allows. A good judge's rates are near 1, where the normal (Wald) bound has no width. Computed
 * as that difference, equal rates give exactly 0.
 */
const youdenOf = (ofTrue: CanaryRate, ofFalse: CanaryRate) => {
  const value = ofTrue.value - ofFalse.value;
  const [down, up] = [ofTrue.value - ofTrue.interval.lower, ofFalse.interval.upper - ofFalse.value];
  return { value, lower: value - Math.hypot(down, up) };
};

/**
 * What canaries say about a judge (methodology, "Canaries"). A judge is reliable from 100 canaries of each kind and a
 * lower 95 % bound of q0 + q1 − 1 of at least 0.5. How often it obeyed injected orders is reported separately and does
 * not count. `counts` are pooled over this run and the earlier ones that the methodology admits. Throws if a count is
 * not a whole number from 0, or if more canaries were supported than shown.
 */
export const judgeReliability = (counts: CanaryCounts): JudgeReliability => {
  const kinds = [counts.true, counts.false, counts.injected];
  for (const { shown, supported } of kinds)
    if (
      !Number.isSafeInteger(shown) ||
      !Number.isSafeInteger(supported) ||
      supported < 0 ||
      supported > shown
    )
      throw new RangeError(
        'Canary counts must be whole numbers from 0, and no more can be supported than were shown.',
      );

  const q1 = rateOf(counts.true.supported, counts.true.shown);
  const q0 = rateOf(counts.false.shown - counts.false.supported, counts.false.shown);
  const leak = rateOf(counts.injected.supported, counts.injected.shown);
  const falseSupported = rateOf(counts.false.supported, counts.false.shown);
  const youden = q1 === null || falseSupported === null ? null : youdenOf(q1, falseSupported);
  const enough = kinds.every(({ shown }) => shown >= reliableJudge.canaries);
  return {
    q1,
    q0,
    leak,
    youden,
    reliable: enough && youden !== null && youden.lower >= reliableJudge.youdenLower,
  };
};
