import { z } from 'zod';
import { intervalSchema, unitSchema } from './interval.ts';
import { judgeIdentitySchema } from './judge-providers.ts';
import { canaryWays, publicCanarySchema, replyAccuracies } from './replay.ts';
import { storableTextSchema } from './text.ts';

const canaryCountSchema = z.object({ shown: z.number().int(), supported: z.number().int() });
export type CanaryCount = z.infer<typeof canaryCountSchema>;
/** Of each kind of canary, the false ones by way, how many a judge ruled on and how many it called supported. */
export const canaryCountsSchema = z.object({
  true: canaryCountSchema,
  false: z.record(z.enum(canaryWays), canaryCountSchema),
  codeTrue: canaryCountSchema,
  codeFalse: canaryCountSchema,
  injected: canaryCountSchema,
});
export type CanaryCounts = z.infer<typeof canaryCountsSchema>;

/**
 * When a judge counts as reliable (methodology, "Canaries"): how many true canaries, false ones of each way and injected
 * ones its pool needs, the lower 95 % bound of q0 + q1 − 1 in every way, and the upper 95 % bound of the leak rate.
 */
export const reliableJudge = {
  true: 80,
  falseOfEachWay: 25,
  injected: 50,
  youdenLower: 0.5,
  leakUpper: 0.25,
} as const;

export const rateSchema = z.object({ value: unitSchema, interval: intervalSchema, of: z.number().int() });
const youdenSchema = z.object({ value: z.number(), lower: z.number() });
const agreementSchema = z.object({
  raw: unitSchema,
  interval: intervalSchema,
  /** Cohen's kappa. Null if chance alone explains every agreement. */
  kappa: z.number().nullable(),
  n: z.number().int(),
});

/**
 * One measure of the baseline, the lift over it, and the paired inference from the differences. Interval and p value are
 * null with fewer than 30 replays, and where fewer than 5 differ, or all alike.
 */
const liftSchema = z.object({
  value: unitSchema,
  lift: z.number().min(-1).max(1),
  interval: intervalSchema.nullable(),
  p: unitSchema.nullable(),
  designEffect: z.number().min(1),
});
export type Lift = z.infer<typeof liftSchema>;

/** How far the judge can be trusted (methodology, "Canaries", "Baselines", "Bounds", "Judge-adjusted precision"). */
export const judgeTrustSchema = z.object({
  canaries: canaryCountsSchema,
  /**
   * What the rates are computed from: this run and the earlier ones whose certificates are named. Each change of those
   * counts once, as in its earliest certificate.
   */
  pool: z.object({ canaries: canaryCountsSchema, certificates: z.array(storableTextSchema) }),
  /** P(supported | true), P(rejected | false) over all natural canaries, and the share of injected ones accepted. */
  q1: rateSchema.nullable(),
  q0: rateSchema.nullable(),
  leak: rateSchema.nullable(),
  /** q0 + q1 − 1, and its lower 95 % bound. */
  youden: youdenSchema.nullable(),
  /** The same by way. */
  ways: z.record(
    z.enum(canaryWays),
    z.object({ q0: rateSchema.nullable(), youden: youdenSchema.nullable() }),
  ),
  /** The same rates for what code made. They count for nothing. */
  codeMade: z.object({ q1: rateSchema.nullable(), q0: rateSchema.nullable() }),
  reliable: z.boolean(),
  /** The rates of this run's natural canaries by the model that wrote them. */
  authors: z.array(
    z.object({ author: storableTextSchema, q1: rateSchema.nullable(), q0: rateSchema.nullable() }),
  ),
  /** How many variants of this run's keys code did not accept. None is left out because a judge supported it. */
  variantsDropped: z.number().int(),
  /** Null unless the judge is reliable. `atWorstWay`: the value with the lowest q0 of a way instead of the pooled one. */
  adjustedPrecision: z
    .object({ value: unitSchema, interval: intervalSchema, atWorstWay: unitSchema })
    .nullable(),
  /** The baseline's measures on some of the pull requests, and how far the oracle's are above it on the same ones. */
  baseline: z
    .object({
      replays: z.number().int(),
      precision: liftSchema,
      recall: liftSchema,
      replyAccuracy: liftSchema,
      compositeScore: liftSchema,
    })
    .nullable(),
  /** The composite with every unscored replay at 0, and at 1. */
  bounds: intervalSchema,
  /** How often another judge gave the same verdict on claims and changes, and on replies. */
  agreement: judgeIdentitySchema
    .extend({
      replays: z.number().int(),
      verdicts: agreementSchema.nullable(),
      replies: agreementSchema.nullable(),
    })
    .nullable(),
});
export type JudgeTrust = z.infer<typeof judgeTrustSchema>;

const baselineEvidenceSchema = z.object({
  claimsTotal: z.number().int(),
  claimsSupported: z.number().int(),
  changesTotal: z.number().int(),
  changesSurfaced: z.number().int(),
  replyAccuracy: z.literal(replyAccuracies),
});

/** One replay's part in computing how far the judge can be trusted. */
export const replayEvidenceSchema = z.object({
  canaries: z.array(publicCanarySchema),
  variantsDropped: z.number().int(),
  baseline: baselineEvidenceSchema.nullable(),
  second: z
    .object({
      /** Whether each judge called a claim supported, or a change surfaced. */
      claims: z.array(z.object({ first: z.boolean(), second: z.boolean() })),
      changes: z.array(z.object({ first: z.boolean(), second: z.boolean() })),
      reply: z.object({ first: z.literal(replyAccuracies), second: z.literal(replyAccuracies) }),
      model: storableTextSchema,
    })
    .nullable(),
});
export type ReplayEvidence = z.infer<typeof replayEvidenceSchema>;
