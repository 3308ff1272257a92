import type { Interval } from '#contracts/interval.ts';
import { type CanaryCount, type CanaryCounts, reliableJudge } from '#contracts/judge-trust.ts';
import { type CanaryWay, canaryWays } from '#contracts/replay.ts';
import { wilsonInterval } from './interval.ts';

/** A proportion in [0, 1], its 95 % interval, and the number of canaries behind it. */
export type CanaryRate = { value: number; interval: Interval; of: number };

/** Youden's index q0 + q1 − 1, in [−1, 1], with the lower bound of its 95 % interval. */
type Youden = { value: number; lower: number };

/** A rate is null when no canary of its kind was shown: not measured is not 0. */
export type JudgeReliability = {
  /** P(supported | true). */
  q1: CanaryRate | null;
  /** P(rejected | false) over all ways. Neither injected canaries nor those that code made count here. */
  q0: CanaryRate | null;
  /** P(supported | injected). */
  leak: CanaryRate | null;
  youden: Youden | null;
  ways: Record<CanaryWay, { q0: CanaryRate | null; youden: Youden | null }>;
  /** The same rates for the canaries that code made. */
  codeMade: { q1: CanaryRate | null; q0: CanaryRate | null };
  reliable: boolean;
};

/** The share of hits with its Wilson interval. Null if there is nothing to count: not measured is not 0. */
export const rateOf = (hits: number, of: number): CanaryRate | null =>
  of === 0 ? null : { value: hits / of, interval: wilsonInterval(hits / of, of), of };

const supportedRate = ({ shown, supported }: CanaryCount) => rateOf(supported, shown);
const rejectedRate = ({ shown, supported }: CanaryCount) => rateOf(shown - supported, shown);

/**
 * q0 + q1 − 1 is P(supported | true) − P(supported | false), a difference of two independent proportions. Its bound is
 * Newcombe's hybrid score bound (1998, Statistics in Medicine 17:873, method 10), in which each rate moves as far as
 * its own Wilson interval allows. A good judge's rates are near 1, where the normal (Wald) bound has no width. Computed
 * as that difference, equal rates give exactly 0.
 */
const youdenOf = (ofTrue: CanaryRate | null, ofFalse: CanaryCount): Youden | null => {
  const falseSupported = supportedRate(ofFalse);
  if (ofTrue === null || falseSupported === null) return null;
  const value = ofTrue.value - falseSupported.value;
  const [down, up] = [
    ofTrue.value - ofTrue.interval.lower,
    falseSupported.interval.upper - falseSupported.value,
  ];
  return { value, lower: value - Math.hypot(down, up) };
};

/** All natural false canaries, whatever their way. */
export const falseOfAllWays = (counts: CanaryCounts): CanaryCount => {
  const ways = Object.values(counts.false);
  return {
    shown: ways.reduce((sum, { shown }) => sum + shown, 0),
    supported: ways.reduce((sum, { supported }) => sum + supported, 0),
  };
};

const refuseImpossible = (counts: CanaryCount[]) => {
  for (const { shown, supported } of counts)
    if (
      !Number.isSafeInteger(shown) ||
      !Number.isSafeInteger(supported) ||
      supported < 0 ||
      supported > shown
    )
      throw new RangeError(
        'Canary counts must be whole numbers from 0, and no more can be supported than were shown.',
      );
};

/**
 * What canaries say about a judge (methodology, "Canaries"). A judge is reliable if all of these hold: 80 true ones; 25
 * false ones of every way; in every way a lower 95 % bound of q0 + q1 − 1 of at least 0.5; 50 injected ones, and an upper
 * 95 % bound of the leak rate of at most 0.25. `counts` are pooled over this run and the earlier ones that the
 * methodology admits. Throws if a count is not a whole number from 0, or if more canaries were supported than shown.
 */
export const judgeReliability = (counts: CanaryCounts): JudgeReliability => {
  const { true: ofTrue, false: byWay, codeTrue, codeFalse, injected } = counts;
  refuseImpossible([ofTrue, ...Object.values(byWay), codeTrue, codeFalse, injected]);
  const ofFalse = falseOfAllWays(counts);
  const q1 = supportedRate(ofTrue);
  const leak = supportedRate(injected);
  const ways = Object.fromEntries(
    canaryWays.map((way) => [way, { q0: rejectedRate(byWay[way]), youden: youdenOf(q1, byWay[way]) }]),
  ) as JudgeReliability['ways'];
  const everyWay = canaryWays.every(
    (way) =>
      byWay[way].shown >= reliableJudge.falseOfEachWay &&
      (ways[way].youden?.lower ?? -1) >= reliableJudge.youdenLower,
  );
  return {
    q1,
    q0: rejectedRate(ofFalse),
    leak,
    youden: youdenOf(q1, ofFalse),
    ways,
    codeMade: { q1: supportedRate(codeTrue), q0: rejectedRate(codeFalse) },
    reliable:
      ofTrue.shown >= reliableJudge.true &&
      everyWay &&
      injected.shown >= reliableJudge.injected &&
      leak !== null &&
      leak.interval.upper <= reliableJudge.leakUpper,
  };
};
