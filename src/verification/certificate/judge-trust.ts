import type { Weights } from '#contracts/certificate.ts';
import type { JudgeIdentity } from '#contracts/judge-providers.ts';
import type { CanaryCount, CanaryCounts, JudgeTrust, Lift, ReplayEvidence } from '#contracts/judge-trust.ts';
import { type CanaryKind, type CanaryWay, canaryWays } from '#contracts/replay.ts';
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
  /** A judge that only follows a rule is never reliable, and its precision is not adjusted. */
  followsRule: boolean;
};

const countsOf = (count: (kind: CanaryKind, way: CanaryWay | null) => CanaryCount): CanaryCounts => ({
  true: count('true', null),
  false: Object.fromEntries(canaryWays.map((way) => [way, count('false', way)])) as CanaryCounts['false'],
  codeTrue: count('code_true', null),
  codeFalse: count('code_false', null),
  injected: count('injected', null),
});

export const noCanaries: CanaryCounts = countsOf(() => ({ shown: 0, supported: 0 }));

/** One count of two, of each kind and way. */
const combined = (
  a: CanaryCounts,
  b: CanaryCounts,
  combine: (a: number, b: number) => number,
): CanaryCounts => {
  const both = (one: CanaryCount, other: CanaryCount): CanaryCount => ({
    shown: combine(one.shown, other.shown),
    supported: combine(one.supported, other.supported),
  });
  return {
    true: both(a.true, b.true),
    false: Object.fromEntries(
      canaryWays.map((way) => [way, both(a.false[way], b.false[way])]),
    ) as CanaryCounts['false'],
    codeTrue: both(a.codeTrue, b.codeTrue),
    codeFalse: both(a.codeFalse, b.codeFalse),
    injected: both(a.injected, b.injected),
  };
};

export const addCanaries = (a: CanaryCounts, b: CanaryCounts): CanaryCounts =>
  combined(a, b, (one, other) => one + other);

export const subtractCanaries = (a: CanaryCounts, b: CanaryCounts): CanaryCounts =>
  combined(a, b, (one, other) => one - other);

export const countCanaries = (evidence: Pick<ReplayEvidence, 'canaries'>[]): CanaryCounts => {
  const all = evidence.flatMap(({ canaries }) => canaries);
  return countsOf((kind, way) => {
    const shown = all.filter((canary) => canary.kind === kind && canary.way === way);
    return { shown: shown.length, supported: shown.filter(({ supported }) => supported).length };
  });
};

/** The rates of each author's canaries, so that a judge that writes its own can be held against another's. */
const authorsOf = (evidence: ReplayEvidence[]): JudgeTrust['authors'] => {
  const all = evidence.flatMap(({ canaries }) => canaries);
  const authors = [...new Set(all.flatMap(({ author }) => (author === null ? [] : [author])))].toSorted();
  return authors.map((author) => {
    const canaries = all.filter((canary) => canary.author === author);
    const { q1, q0 } = judgeReliability(countCanaries([{ canaries }]));
    return { author, q1, q0 };
  });
};

const liftOf = (pairs: readonly Pair[]): Lift => {
  const { mean: lift, designEffect, inference } = pairedDifference(pairs);
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

/**
 * Only for a reliable judge: the verdicts of another one say too little about what is true. The interval holds for the
 * rates over all natural canaries; the value at the worst way says what one kind of error alone would make of it.
 */
const adjustedOf = (
  replays: TrustInput['replays'],
  { q0, q1, ways, reliable }: JudgeReliability,
): JudgeTrust['adjustedPrecision'] => {
  const rates = canaryWays.flatMap((way) => ways[way].q0 ?? []);
  const [worst] = rates.toSorted((a, b) => a.value - b.value);
  if (!reliable || q0 === null || q1 === null || worst === undefined) return null;
  const ruled = replays.map(({ precision, claimsRuled, claimsTotal, dependence }) => ({
    precision,
    ruledShare: claimsRuled / claimsTotal,
    dependence,
  }));
  const adjusted = adjustedPrecision(ruled, { q0, q1 });
  const atWorst = adjustedPrecision(ruled, { q0: worst, q1 });
  return adjusted && atWorst && { ...adjusted, atWorstWay: atWorst.value };
};

/**
 * How far the judge of these replays can be trusted, from stored verdicts alone (methodology, "Canaries", "Baselines",
 * "The certificate's numbers"). Null: not measured.
 */
export const judgeTrust = (input: TrustInput): JudgeTrust => {
  const { replays, unscored, weights, earlier, second, followsRule } = input;
  const evidence = replays.map((replay) => replay.evidence);
  const canaries = countCanaries(evidence);
  const pool = addCanaries(canaries, earlier.canaries);
  const measured = judgeReliability(pool);
  const reliability = { ...measured, reliable: measured.reliable && !followsRule };
  return roundedThroughout({
    canaries,
    pool: { canaries: pool, certificates: earlier.certificates },
    ...reliability,
    authors: authorsOf(evidence),
    variantsDropped: evidence.reduce((sum, { variantsDropped }) => sum + variantsDropped, 0),
    adjustedPrecision: adjustedOf(replays, reliability),
    baseline: baselineOf(replays, weights),
    bounds: missingBounds(
      replays.map((measures) => compositeOf(measures, weights)),
      unscored,
    ),
    agreement: agreementOf(evidence, second),
  });
};
