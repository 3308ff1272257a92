import type { Certificate } from '#contracts/certificate.ts';
import type { Interval } from '#contracts/interval.ts';
import { type CanaryCounts, type JudgeTrust, reliableJudge } from '#contracts/judge-trust.ts';
import { tolerance } from '../statistics/aggregate.ts';
import { mean } from '../statistics/interval.ts';

const kinds = ['true', 'false', 'injected'] as const;

const list = (parts: string[]) => new Intl.ListFormat('en-GB').format(parts);
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** "20 true, 19 false and 18 injected" */
export const canaryKindsText = (canaries: CanaryCounts, of: readonly (keyof CanaryCounts)[] = kinds) =>
  list(of.map((kind) => `${whole.format(canaries[kind].shown)} ${kind}`));

/** Why the canaries do not show the judge to be reliable, one sentence for each reason. Empty if they do. */
export const reliabilityGaps = ({ pool, youden, reliable }: JudgeTrust): string[] => {
  if (reliable) return [];
  const few = kinds.filter((kind) => pool.canaries[kind].shown < reliableJudge.canaries);
  return [
    ...(few.length === 0
      ? []
      : [
          `There are only ${canaryKindsText(pool.canaries, few)} canaries, and ${reliableJudge.canaries} of each kind are needed.`,
        ]),
    ...(youden === null || youden.lower >= reliableJudge.youdenLower
      ? []
      : [`The lower bound of the index q0 + q1 − 1 is under ${reliableJudge.youdenLower}.`]),
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

/** Why canaries of some or all kinds are missing in this run, or null if none is missing. */
export const whyNoCanaries = ({ trust, replayScores }: Certificate): string | null => {
  const missing = kinds.filter((kind) => trust.canaries[kind].shown === 0);
  if (missing.length === 0) return null;
  if (!replayScores.some(({ claimsRuled }) => claimsRuled > 0))
    return 'The judge ruled on no claim of the oracle in this run, and canaries stand only among claims.';
  const which = missing.length === kinds.length ? '' : `${list(missing)} `;
  return `No ${which}canary was used: no change of this run allowed one that is certain and that the oracle had not claimed itself.`;
};

/** Why the judge is not shown to be reliable, in sentences, or null if it is. */
export const whyNotReliable = (certificate: Certificate): string | null => {
  const { trust } = certificate;
  if (trust.reliable) return null;
  return [whyNoCanaries(certificate), ...reliabilityGaps(trust)].filter((text) => text !== null).join(' ');
};

export type AdjustedReading =
  | { kind: 'measured'; value: number; interval: Interval; atCeiling: boolean }
  | { kind: 'not measured'; why: string };

/** The explanation of a judge-adjusted precision at its ceiling (see `readAdjustedPrecision`). */
export const ceilingText =
  'It is at its ceiling: the judge supported more claims than it would be expected to if every claim were true.';

/**
 * Judge-adjusted precision as it may be shown. It is at its ceiling if the judge supported more claims than it is
 * expected to if every claim were true: p > a · q1, where a is the share of claims that it ruled on.
 */
export const readAdjustedPrecision = ({ trust, precision, replayScores }: Certificate): AdjustedReading => {
  const { youden, q1, adjustedPrecision } = trust;
  if (youden === null || q1 === null)
    return {
      kind: 'not measured',
      why: 'No true or no false canary was judged, so the judge’s mistakes are unknown.',
    };
  if (adjustedPrecision === null)
    return {
      kind: 'not measured',
      why: `The lower bound of q0 + q1 − 1 is ${youden.lower.toFixed(3).replace('-', '−')}, under ${reliableJudge.youdenLower}: the verdicts of such a judge say too little about what is true.`,
    };
  const ruled = mean(replayScores.map(({ claimsRuled, claimsTotal }) => claimsRuled / claimsTotal));
  return {
    kind: 'measured',
    ...adjustedPrecision,
    atCeiling: precision > ruled * q1.value + tolerance,
  };
};
