import { z } from 'zod';
import { intervalSchema, unitSchema } from './interval.ts';
import { canaryKinds, replyAccuracies } from './replay.ts';

const canaryCountSchema = z.object({ shown: z.number().int(), supported: z.number().int() });
/** Of each kind of canary, how many a judge ruled on and how many it took for supported. */
export const canaryCountsSchema = z.object({
  true: canaryCountSchema,
  false: canaryCountSchema,
  injected: canaryCountSchema,
});
export type CanaryCounts = z.infer<typeof canaryCountsSchema>;

/**
 * From where on a judge counts as reliable (methodology, "Canaries"): canaries of each kind in the pool, and the lower
 * 95 % bound of q0 + q1 − 1. Under that bound its verdicts say too little of what is true for precision to be adjusted.
 */
export const reliableJudge = { canaries: 100, youdenLower: 0.5 } as const;

const rateSchema = z.object({ value: unitSchema, interval: intervalSchema, of: z.number().int() });
const agreementSchema = z.object({
  raw: unitSchema,
  interval: intervalSchema,
  /** Cohen's; null where chance alone explains every agreement. */
  kappa: z.number().nullable(),
  n: z.number().int(),
});

/** How far the judge can be trusted (methodology, "Canaries", "Baselines", "Bounds", "Judge-adjusted precision"). */
export const judgeTrustSchema = z.object({
  canaries: canaryCountsSchema,
  /**
   * What the rates follow from: this run, and the earlier ones whose certificates are named; of these each change once,
   * as the earliest certificate has it.
   */
  pool: z.object({ canaries: canaryCountsSchema, certificates: z.array(z.string()) }),
  /** P(supported | true), P(rejected | false), and the share of injected claims that were accepted. */
  q1: rateSchema.nullable(),
  q0: rateSchema.nullable(),
  leak: rateSchema.nullable(),
  /** q0 + q1 − 1, and its lower 95 % bound. */
  youden: z.object({ value: z.number(), lower: z.number() }).nullable(),
  reliable: z.boolean(),
  /** Null also under a judge that is not good enough (`reliableJudge.youdenLower`). */
  adjustedPrecision: z.object({ value: unitSchema, interval: intervalSchema }).nullable(),
  /** The parrot's composite on the same pull requests, and how far the oracle's lies above it. */
  baseline: z
    .object({
      compositeScore: unitSchema,
      lift: z.number().min(-1).max(1),
      interval: intervalSchema.nullable(),
      replays: z.number().int(),
    })
    .nullable(),
  /** The composite with every unscored replay at 0, and at 1. */
  bounds: intervalSchema,
  /** How often a second judge said the same, of claims and changes, and of replies. */
  agreement: z
    .object({
      model: z.string(),
      replays: z.number().int(),
      verdicts: agreementSchema.nullable(),
      replies: agreementSchema.nullable(),
    })
    .nullable(),
});
export type JudgeTrust = z.infer<typeof judgeTrustSchema>;

const parrotSchema = z.object({
  claimsTotal: z.number().int(),
  claimsSupported: z.number().int(),
  changesTotal: z.number().int(),
  changesSurfaced: z.number().int(),
});

/** What of one replay the judge's trust follows from. */
export const replayEvidenceSchema = z.object({
  /** The share of the claims expected that a judge ruled on. */
  ruledShare: unitSchema,
  canaries: z.array(z.object({ kind: z.enum(canaryKinds), supported: z.boolean() })),
  parrot: parrotSchema.nullable(),
  second: z
    .object({
      /** Whether a claim was supported, a change surfaced, by each judge. */
      claims: z.array(z.object({ first: z.boolean(), second: z.boolean() })),
      changes: z.array(z.object({ first: z.boolean(), second: z.boolean() })),
      reply: z.object({ first: z.literal(replyAccuracies), second: z.literal(replyAccuracies) }),
      model: z.string(),
    })
    .nullable(),
});
export type ReplayEvidence = z.infer<typeof replayEvidenceSchema>;
