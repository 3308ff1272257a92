import type { Weights } from '#contracts/certificate.ts';
import type { JudgeIdentity } from '#contracts/judge-providers.ts';
import type { CanaryCounts, JudgeTrust, Lift, ReplayEvidence } from '#contracts/judge-trust.ts';
import type { canaryKinds } from '#contracts/replay.ts';
import { adjustedPrecision } from '../statistics/adjusted-precision.ts';
import {
  compositeOf,
  type MeasuredReplay,
  type Measures,
  roundedThroughout,
} from '../statistics/aggregate.ts';
import { agreement } from '../statistics/agreement.ts';
import { mean } from '../statistics/interval.ts';
import { type JudgeReliability, judgeReliability } from '../statistics/judge-reliability.ts';
import { missingBounds } from '../statistics/missing-bounds.ts';
import { type Pair, pairedDifference } from '../statistics/paired.ts';
import { mostFrequent } from './most-frequent.ts';

/**
 * Canaries of earlier runs under the same judge model and prompts, and the certificates that hold them. Each change
 * counts once, from its earliest certificate.
 */
export type EarlierCanaries = { canaries: CanaryCounts; certificates: string[] };

export type TrustInput = {
  /** The replays in the denominator, ordered by id. */
  replays: readonly (MeasuredReplay & {
    claimsRuled: number;
    claimsTotal: number;
    evidence: ReplayEvidence;
  })[];
  unscored: number;
  weights: Weights;
  earlier: EarlierCanaries;
  /** The agreement judge as configured. Null: none was asked for. */
  second: JudgeIdentity | null;
};

export const noCanaries: CanaryCounts = {
  true: { shown: 0, supported: 0 },
  false: { shown: 0, supported: 0 },
  injected: { shown: 0, supported: 0 },
};

export const addCanaries = (a: CanaryCounts, b: CanaryCounts): CanaryCounts => {
  const sum = (kind: keyof CanaryCounts) => ({
    shown: a[kind].shown + b[kind].shown,
    supported: a[kind].supported + b[kind].supported,
  });
  return { true: sum('true'), false: sum('false'), injected: sum('injected') };
};

export const subtractCanaries = (a: CanaryCounts, b: CanaryCounts): CanaryCounts => {
  const rest = (kind: keyof CanaryCounts) => ({
    shown: a[kind].shown - b[kind].shown,
    supported: a[kind].supported - b[kind].supported,
  });
  return { true: rest('true'), false: rest('false'), injected: rest('injected') };
};

export const countCanaries = (evidence: Pick<ReplayEvidence, 'canaries'>[]): CanaryCounts => {
  const all = evidence.flatMap(({ canaries }) => canaries);
  const of = (kind: (typeof canaryKinds)[number]) => {
    const shown = all.filter((canary) => canary.kind === kind);
    return { shown: shown.length, supported: shown.filter(({ supported }) => supported).length };
  };
  return { true: of('true'), false: of('false'), injected: of('injected') };
};

const liftOf = (pairs: readonly Pair[]): Lift => {
  const { mean: lift, inference, designEffect } = pairedDifference(pairs);
  return {
    value: mean(pairs.map(({ b }) => b)),
    lift,
    interval: inference?.interval ?? null,
    p: inference?.p ?? null,
    designEffect,
  };
};

const baselineOf = (replays: TrustInput['replays'], weights: Weights): JudgeTrust['baseline'] => {
  const both = replays.flatMap((oracle) => {
    const { baseline } = oracle.evidence;
    if (baseline === null) return [];
    const own: Measures = {
      precision: baseline.claimsSupported / baseline.claimsTotal,
      recall: baseline.changesSurfaced / baseline.changesTotal,
      replyAccuracy: baseline.replyAccuracy,
    };
    return [{ oracle, own }];
  });
  if (both.length === 0) return null;
  const liftIn = (measureOf: (measures: Measures) => number) =>
    liftOf(
      both.map(({ oracle, own }) => ({
        a: measureOf(oracle),
        b: measureOf(own),
        dependence: oracle.dependence,
      })),
    );
  return {
    replays: both.length,
    precision: liftIn(({ precision }) => precision),
    recall: liftIn(({ recall }) => recall),
    replyAccuracy: liftIn(({ replyAccuracy }) => replyAccuracy),
    compositeScore: liftIn((measures) => compositeOf(measures, weights)),
  };
};

const agreementOf = (evidence: ReplayEvidence[], judge: JudgeIdentity | null): JudgeTrust['agreement'] => {
  if (judge === null) return null;
  const seconds = evidence.flatMap(({ second }) => (second === null ? [] : [second]));
  const verdicts = seconds.flatMap(({ claims, changes }) =>
    [...claims, ...changes].map(({ first, second }) => ({ first: `${first}`, second: `${second}` })),
  );
  const replies = seconds.map(({ reply }) => ({ first: `${reply.first}`, second: `${reply.second}` }));
  return {
    provider: judge.provider,
    endpoint: judge.endpoint,
    // The model that answered, if any did.
    model: mostFrequent(seconds.map((second) => second.model)) ?? judge.model,
    replays: seconds.length,
    verdicts: verdicts.length === 0 ? null : agreement(verdicts),
    replies: replies.length === 0 ? null : agreement(replies),
  };
};

/** Only for a reliable judge: the verdicts of another one say too little about what is true. */
const adjustedOf = (replays: TrustInput['replays'], { q0, q1, reliable }: JudgeReliability) =>
  !reliable || q0 === null || q1 === null
    ? null
    : adjustedPrecision(
        replays.map(({ precision, claimsRuled, claimsTotal, dependence }) => ({
          precision,
          ruledShare: claimsRuled / claimsTotal,
          dependence,
        })),
        { q0, q1 },
      );

/**
 * How far the judge of these replays can be trusted, from stored verdicts alone (methodology, "Canaries", "Baselines",
 * "The certificate's numbers"). Null: not measured.
 */
export const judgeTrust = (input: TrustInput): JudgeTrust => {
  const { replays, unscored, weights, earlier, second } = input;
  const evidence = replays.map((replay) => replay.evidence);
  const canaries = countCanaries(evidence);
  const pool = addCanaries(canaries, earlier.canaries);
  const reliability = judgeReliability(pool);
  return roundedThroughout({
    canaries,
    pool: { canaries: pool, certificates: earlier.certificates },
    ...reliability,
    adjustedPrecision: adjustedOf(replays, reliability),
    baseline: baselineOf(replays, weights),
    bounds: missingBounds(
      replays.map((measures) => compositeOf(measures, weights)),
      unscored,
    ),
    agreement: agreementOf(evidence, second),
  });
};
