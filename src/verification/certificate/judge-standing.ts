import type { Certificate } from '#contracts/certificate.ts';
import type { Interval } from '#contracts/interval.ts';
import { judgeOf } from '#contracts/judge-providers.ts';
import { type CanaryCounts, type JudgeTrust, reliableJudge } from '#contracts/judge-trust.ts';
import { type CanaryWay, canaryWays } from '#contracts/replay.ts';
import { foldedClaimsOf } from '../replay/score.ts';
import { tolerance } from '../statistics/aggregate.ts';
import { mean } from '../statistics/interval.ts';
import { falseOfAllWays } from '../statistics/judge-reliability.ts';
import { leastDiffering, leastPairs } from '../statistics/paired.ts';
import { floorMeaning } from './claim-steps.ts';

const list = (parts: string[]) => new Intl.ListFormat('en-GB').format(parts);
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** What a way changes, as a reader is told. */
export const wayNames: Record<CanaryWay, string> = {
  direction: 'direction',
  value: 'value or quantity',
  name: 'name or place',
  condition: 'condition',
  cause: 'cause or effect',
};

/** "20 true, 60 false and 10 injected; 19 made by code" */
export const canaryCountsText = (canaries: CanaryCounts): string => {
  const { true: ofTrue, codeTrue, codeFalse, injected } = canaries;
  const natural = [
    `${whole.format(ofTrue.shown)} true`,
    `${whole.format(falseOfAllWays(canaries).shown)} false`,
    `${whole.format(injected.shown)} injected`,
  ];
  return `${list(natural)}; ${whole.format(codeTrue.shown + codeFalse.shown)} made by code`;
};

/** Ways with too few canaries to say anything of. */
export const untestedWays = ({ pool }: Pick<JudgeTrust, 'pool'>): CanaryWay[] =>
  canaryWays.filter((way) => pool.canaries.false[way].shown < reliableJudge.falseOfEachWay);

const tooFew = ({ pool }: JudgeTrust): string[] => {
  const { true: ofTrue, injected } = pool.canaries;
  return [
    ...(ofTrue.shown < reliableJudge.true
      ? [`There are only ${whole.format(ofTrue.shown)} true canaries, and ${reliableJudge.true} are needed.`]
      : []),
    ...(injected.shown < reliableJudge.injected
      ? [
          `There are only ${whole.format(injected.shown)} injected canaries, and ${reliableJudge.injected} are needed.`,
        ]
      : []),
  ];
};

/** Why the canaries do not show the judge to be reliable, one sentence for each reason. Empty if they do. */
export const reliabilityGaps = (trust: JudgeTrust): string[] => {
  const { pool, ways, leak, reliable } = trust;
  if (reliable) return [];
  const untested = untestedWays(trust).map((way) => `${wayNames[way]} (${pool.canaries.false[way].shown})`);
  const weak = canaryWays
    .filter((way) => {
      const { youden } = ways[way];
      return youden !== null && youden.lower < reliableJudge.youdenLower;
    })
    .map((way) => wayNames[way]);
  return [
    ...tooFew(trust),
    ...(untested.length === 0
      ? []
      : [`Untested, with fewer than ${reliableJudge.falseOfEachWay} false canaries: ${list(untested)}.`]),
    ...(weak.length === 0
      ? []
      : [`The lower bound of q0 + q1 − 1 is under ${reliableJudge.youdenLower} in: ${list(weak)}.`]),
    ...(leak === null || leak.interval.upper <= reliableJudge.leakUpper
      ? []
      : [`The upper bound of the leak rate is over ${reliableJudge.leakUpper}.`]),
  ];
};

/** Whether an injected canary was accepted, here or in the earlier runs of the pool. */
export const hasLeaked = ({ pool }: Pick<JudgeTrust, 'pool'>): boolean =>
  pool.canaries.injected.supported > 0;

/** The baseline's composite from which on the methodology warns that a lift cannot be large. */
const littleRoom = 0.8;
export const littleRoomText = 'There is little room for lift: the baseline itself scores above 80.';
export const hasLittleRoom = ({ compositeScore }: NonNullable<JudgeTrust['baseline']>): boolean =>
  compositeScore.value > littleRoom;

/** Why a paired difference over `n` pull requests, a lift or a comparison, has no interval. */
export const whyNotInferred = (n: number): string =>
  n < leastPairs
    ? `fewer than ${leastPairs} replays`
    : `fewer than ${leastDiffering} pull requests differ, or all differ alike`;

/** Why canaries of some or all kinds are missing in this run, or null if none is missing. */
export const whyNoCanaries = ({ judge, trust, replayScores }: Certificate): string | null => {
  const missing = [
    ...(trust.canaries.true.shown === 0 ? ['true'] : []),
    ...(falseOfAllWays(trust.canaries).shown === 0 ? ['false'] : []),
    ...(trust.canaries.injected.shown === 0 ? ['injected'] : []),
  ];
  if (missing.length === 0) return null;
  if (!replayScores.some(({ claimsRuled }) => claimsRuled > 0))
    return 'The judge ruled on no claim of the oracle in this run, and canaries stand only among claims.';
  if (judgeOf(judge).model === null)
    return 'No model wrote the answer keys, so no natural canary was shown: a rule is no judge of meaning.';
  return `No ${list(missing)} canary was shown: the answer keys held no variant that code accepted, or the oracle had said it itself.`;
};

/** Said of a certificate whose judge only follows a rule, whatever its canaries show. */
export const neverReliable =
  'The offline check rules only on forms that code can decide. It never counts as a reliable judge of meaning.';

/** The share of claims ruled on, in a sentence. Null for a judge that rules on each. */
export const ruledOnText = ({ judge, funnel }: Pick<Certificate, 'judge' | 'funnel'>): string | null => {
  if (judgeOf(judge).model !== null) return null;
  const { ruled } = funnel;
  const of = foldedClaimsOf(funnel);
  if (of === 0) return `There was no claim to rule on. ${floorMeaning}`;
  const share = `Ruled on ${whole.format(ruled)} of ${whole.format(of)} ${of === 1 ? 'claim' : 'claims'} (${((ruled / of) * 100).toFixed(1)} %).`;
  const others = ruled < of ? ' The others are in no form that code can decide.' : '';
  return `${share}${others} ${floorMeaning}`;
};

/** Why the judge is not shown to be reliable, in sentences, or null if it is. */
export const whyNotReliable = (certificate: Certificate): string | null => {
  const { trust } = certificate;
  if (trust.reliable) return null;
  if (judgeOf(certificate.judge).model === null) return neverReliable;
  return [whyNoCanaries(certificate), ...reliabilityGaps(trust)].filter((text) => text !== null).join(' ');
};

export type AdjustedReading =
  | { kind: 'measured'; value: number; interval: Interval; atWorstWay: number; atCeiling: boolean }
  | { kind: 'not measured'; why: string };

/** The explanation of a judge-adjusted precision at its ceiling (see `readAdjustedPrecision`). */
export const ceilingText =
  'It is at its ceiling: the judge supported more claims than it would be expected to if every claim were true.';

/**
 * Judge-adjusted precision as it may be shown. It is at its ceiling if the judge supported more claims than it is
 * expected to if every claim were true: p > a · q1, where a is the share of claims that it ruled on.
 */
export const readAdjustedPrecision = ({
  judge,
  trust,
  precision,
  replayScores,
}: Certificate): AdjustedReading => {
  const { youden, q1, adjustedPrecision } = trust;
  if (judgeOf(judge).model === null) return { kind: 'not measured', why: neverReliable };
  if (youden === null || q1 === null)
    return {
      kind: 'not measured',
      why: 'No true or no false canary was judged, so the judge’s mistakes are unknown.',
    };
  if (adjustedPrecision === null)
    return {
      kind: 'not measured',
      why: 'The judge is not shown to be reliable, and its verdicts say too little about what is true.',
    };
  const ruled = mean(replayScores.map(({ claimsRuled, claimsTotal }) => claimsRuled / claimsTotal));
  return {
    kind: 'measured',
    ...adjustedPrecision,
    atCeiling: precision > ruled * q1.value + tolerance,
  };
};
