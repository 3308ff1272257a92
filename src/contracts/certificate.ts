import { z } from 'zod';
import { exclusionReasons } from './ground-truth.ts';
import { judgeProviders } from './judge.ts';
import { canaryKinds, judgeUsageSchema, replayOutcomes, replyAccuracies } from './replay.ts';

export const certificateDomain = 'community_oracle';
/** Until canaries, baselines, signature and log exist, every certificate is a preview (certificate.md). */
export const methodologyVersion = 'v1-preview';
export const certificateTiers = ['UNVERIFIED'] as const;
export const certificateSorts = ['created_desc', 'brier_asc'] as const;

/** Who chose the seed, and by it the sample: drawn at random by the verifier, or given by the run's owner. */
export const seedSources = ['verifier', 'owner'] as const;
/** Null where it was not noted yet. */
export const seedSourceSchema = z.enum(seedSources).nullable().default(null);
export type SeedSource = z.infer<typeof seedSourceSchema>;

const unit = z.number().min(0).max(1);
const interval = z.object({ lower: z.number(), upper: z.number() });
export type Interval = z.infer<typeof interval>;

/** The three measures' weights, as configured; they are normalised where they are used. */
export const weightsSchema = z
  .object({ precision: z.number().min(0), recall: z.number().min(0), replyAccuracy: z.number().min(0) })
  .refine((w) => w.precision + w.recall + w.replyAccuracy > 0, 'At least one weight must be above 0.');
export type Weights = z.infer<typeof weightsSchema>;

/** 95 % intervals (methodology, "Intervals"). */
export const intervalsSchema = z.object({
  precision: interval,
  recall: interval,
  replyAccuracy: interval,
  compositeScore: interval,
  brier: interval,
});

/**
 * Replays by how they ended, and what was done again on the way. `scored` counts every replay in the denominator,
 * oracle failures (with their zeros) included; `oracleFailures` says how many of them those are.
 */
export const replayCountsSchema = z.object({
  scored: z.number().int(),
  oracleFailures: z.number().int(),
  unscored: z.number().int(),
  replaced: z.number().int(),
  oracleRetries: z.number().int(),
  /** Questions that the oracle had been sent before in this attempt, without an outcome that was stored. */
  oracleAskedAgain: z.number().int().default(0),
  judgeReasks: z.number().int(),
  /** What was sent to the judge again because of limits, overload or broken connections. */
  judgeRetries: z.number().int().default(0),
  /** Measures that are 0 because only the control got a verdict. */
  controls: z.number().int().default(0),
  /** Answer keys that an earlier run had paid for. */
  keysReused: z.number().int().default(0),
});
export type ReplayCounts = z.infer<typeof replayCountsSchema>;

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

const rateSchema = z.object({ value: unit, interval, of: z.number().int() });
const agreementSchema = z.object({
  raw: unit,
  interval,
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
  adjustedPrecision: z.object({ value: unit, interval }).nullable(),
  /** The parrot's composite on the same pull requests, and how far the oracle's lies above it. */
  baseline: z
    .object({
      compositeScore: unit,
      lift: z.number().min(-1).max(1),
      interval: interval.nullable(),
      replays: z.number().int(),
    })
    .nullable(),
  /** The composite with every unscored replay at 0, and at 1. */
  bounds: interval,
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

/** Judge usage by what it was for; `total` is their sum. */
export const usageByMeasureSchema = z.object({
  answerKey: judgeUsageSchema,
  precision: judgeUsageSchema,
  recall: judgeUsageSchema,
  reply: judgeUsageSchema,
  baseline: judgeUsageSchema,
  second: judgeUsageSchema,
});
export type UsageByMeasure = z.infer<typeof usageByMeasureSchema>;

const parrotSchema = z.object({
  claimsTotal: z.number().int(),
  claimsSupported: z.number().int(),
  changesTotal: z.number().int(),
  changesSurfaced: z.number().int(),
});

/** What of one replay the judge's trust follows from. */
export const replayEvidenceSchema = z.object({
  /** The share of the claims expected that a judge ruled on. */
  ruledShare: unit,
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

/** What a certificate keeps of one replay: ids, booleans and reasons, so that every score can be recomputed. */
export const rawReplaySchema = z.object({
  groundTruthId: z.string(),
  outcome: z.enum(replayOutcomes).exclude(['replaced']),
  reason: z.string().nullable(),
  precision: unit.nullable(),
  recall: unit.nullable(),
  replyAccuracy: unit.nullable(),
  claims: z.array(
    z.object({ id: z.string(), folded: z.number().int(), restatement: z.boolean(), supported: z.boolean() }),
  ),
  claimsMade: z.number().int(),
  changes: z.array(z.object({ id: z.string(), surfaced: z.boolean() })),
  /** Absent on certificates that were issued before judges were tested. */
  evidence: replayEvidenceSchema.nullable().default(null),
});
export type RawReplay = z.infer<typeof rawReplaySchema>;

/** `raw_scores_json`: everything the published numbers follow from. */
export const rawScoresSchema = z.object({
  version: z.literal(1),
  weights: weightsSchema,
  intervals: intervalsSchema,
  counts: replayCountsSchema,
  draw: z.object({
    seed: z.string(),
    seedSource: seedSourceSchema,
    listed: z.number().int(),
    limit: z.number().int(),
    excluded: z.partialRecord(z.enum(exclusionReasons), z.number().int()),
    /** The oracle was not told what repository and pull request it was asked about. */
    blinded: z.boolean().default(false),
  }),
  judge: z.object({ provider: z.enum(judgeProviders), model: z.string(), promptDigest: z.string() }),
  usage: judgeUsageSchema,
  usageByMeasure: usageByMeasureSchema.nullable().default(null),
  /** Null on certificates that were issued before judges were tested: not measured. */
  trust: judgeTrustSchema.nullable().default(null),
  sample: z.boolean(),
  provisional: z.boolean(),
  minReplays: z.number().int(),
  private: z.boolean(),
  replays: z.array(rawReplaySchema),
});
export type RawScores = z.infer<typeof rawScoresSchema>;

export const certificateSummarySchema = z.object({
  id: z.string(),
  constructId: z.string(),
  domain: z.string(),
  replayCount: z.number().int(),
  compositeScore: unit,
  brier: z.number().min(0).max(0.5),
  createdAt: z.string(),
  judge: z.enum(judgeProviders),
  tier: z.enum(certificateTiers),
  ranked: z.boolean(),
  sample: z.boolean(),
  compositeInterval: interval,
  // Null where judges were not tested yet, or these were not in a summary yet.
  /** Whether canaries showed the judge to be reliable. */
  judgeReliable: z.boolean().nullable().default(null),
  /** Whether the judge accepted injected canaries, in this run or in those of its pool. */
  canariesLeaked: z.boolean().nullable().default(null),
});
export type CertificateSummary = z.infer<typeof certificateSummarySchema>;

export const replayScoreSchema = z.object({
  id: z.string(),
  groundTruthId: z.string(),
  precision: unit,
  recall: unit,
  replyAccuracy: unit,
  claimsTotal: z.number().int(),
  claimsSupported: z.number().int(),
  changesTotal: z.number().int(),
  changesSurfaced: z.number().int(),
  scoringModel: z.string(),
  scoringLatencyMs: z.number().int(),
  scoredAt: z.string(),
});

export const certificateSchema = certificateSummarySchema.extend({
  precision: unit,
  recall: unit,
  replyAccuracy: unit,
  sampleSize: z.number().int(),
  groundTruthSource: z.string(),
  commitRange: z.string().nullable(),
  methodologyVersion: z.string(),
  scoringModel: z.string(),
  intervals: intervalsSchema,
  counts: replayCountsSchema,
  weights: weightsSchema,
  draw: rawScoresSchema.shape.draw,
  promptDigest: z.string(),
  usage: judgeUsageSchema,
  // Documents that were issued before judges were tested lack these.
  usageByMeasure: usageByMeasureSchema.nullable().default(null),
  trust: judgeTrustSchema.nullable().default(null),
  provisional: z.boolean(),
  minReplays: z.number().int(),
  unscored: z.array(z.object({ groundTruthId: z.string(), reason: z.string() })),
  replayScores: z.array(
    replayScoreSchema.extend({
      oracleFailure: z.string().nullable(),
      evidence: replayEvidenceSchema.nullable().default(null),
    }),
  ),
});
export type Certificate = z.infer<typeof certificateSchema>;

export const pageSchema = {
  limit: z.number().int().min(1).max(100).default(20),
  offset: z.number().int().min(0).default(0),
};

export const certificateListInputSchema = z.object({
  constructId: z.string().min(1).max(255).optional(),
  sort: z.enum(certificateSorts).default('created_desc'),
  ...pageSchema,
});
export type CertificateListInput = z.infer<typeof certificateListInputSchema>;

export const certificateListSchema = z.object({
  certificates: z.array(certificateSummarySchema),
  total: z.number().int(),
  limit: z.number().int(),
  offset: z.number().int(),
});
