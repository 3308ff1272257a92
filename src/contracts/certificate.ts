import { z } from 'zod';
import { namedExamSchema } from './exam.ts';
import { exclusionReasons } from './ground-truth.ts';
import { instantSchema } from './instant.ts';
import { intervalSchema, unitSchema } from './interval.ts';
import { judgeIdentitySchema, judgeProviders } from './judge-providers.ts';
import { judgeTrustSchema, replayEvidenceSchema } from './judge-trust.ts';
import {
  answerForms,
  claimFunnelSchema,
  dependenceSchema,
  judgeUsageSchema,
  replayOutcomes,
} from './replay.ts';
import { soughtNameSchema, soughtPartSchema, storableTextSchema } from './text.ts';

export const certificateDomain = 'community_oracle';
/** Every certificate is a preview until canaries, baselines, signature and log exist (certificate.md). */
export const methodologyVersion = 'v1-preview';
export const certificateTiers = ['UNVERIFIED'] as const;
export const certificateSorts = ['created_desc', 'brier_asc'] as const;

/** Who chose the seed, and so the sample: the verifier at random, or the run's owner. */
export const seedSources = ['verifier', 'owner'] as const;
export const seedSourceSchema = z.enum(seedSources);
export type SeedSource = z.infer<typeof seedSourceSchema>;

/** The three measures' weights as configured. They are normalised where they are used. */
export const weightsSchema = z
  .object({ precision: z.number().min(0), recall: z.number().min(0), replyAccuracy: z.number().min(0) })
  .refine((w) => w.precision + w.recall + w.replyAccuracy > 0, 'At least one weight must be above 0.');
export type Weights = z.infer<typeof weightsSchema>;

/** Rankings compare certificates with these weights only. */
export const defaultWeights: Weights = { precision: 1, recall: 1, replyAccuracy: 1 };

/** 95 % intervals (methodology, "Intervals"). */
export const intervalsSchema = z.object({
  precision: intervalSchema,
  recall: intervalSchema,
  replyAccuracy: intervalSchema,
  compositeScore: intervalSchema,
  brier: intervalSchema,
});

/** How many times larger the variance of each measure's mean is because pull requests depend on each other. */
export const designEffectsSchema = z.object({
  precision: z.number().min(1),
  recall: z.number().min(1),
  replyAccuracy: z.number().min(1),
  compositeScore: z.number().min(1),
});

const scoresOfPartSchema = z.object({
  replays: z.number().int(),
  precision: unitSchema,
  recall: unitSchema,
  replyAccuracy: unitSchema,
  compositeScore: unitSchema,
  brier: z.number().min(0).max(0.5),
  intervals: intervalsSchema,
  designEffects: designEffectsSchema,
});

/**
 * The scores apart, by whether a change was merged after the day that the run's owner named as the oracle model's
 * cutoff: such a change cannot have been in its training data. A part without replays is null.
 */
export const freshnessSchema = z.object({
  modelCutoff: z.iso.date(),
  before: scoresOfPartSchema.nullable(),
  after: scoresOfPartSchema.nullable(),
});
export type Freshness = z.infer<typeof freshnessSchema>;

/**
 * Changes that no answer key could be made for, as a share of those that one was asked for, and the composite if all of
 * them had been replays with 0, and with 1.
 */
export const keylessSchema = z.object({ share: unitSchema, bounds: intervalSchema });

/**
 * Replays by how they ended, and what had to be repeated. `scored` counts every replay in the denominator, including
 * oracle failures, which score zero. `oracleFailures` counts those alone.
 */
export const replayCountsSchema = z.object({
  scored: z.number().int(),
  oracleFailures: z.number().int(),
  unscored: z.number().int(),
  replaced: z.number().int(),
  oracleRetries: z.number().int(),
  /** Questions that this attempt had sent to the oracle before without storing an outcome. */
  oracleAskedAgain: z.number().int(),
  judgeReasks: z.number().int(),
  /** Judge calls repeated because of rate limits, overload or broken connections. */
  judgeRetries: z.number().int(),
  /** Measures that are 0 because the judge gave a verdict on the control only. */
  controls: z.number().int(),
  /** Answer keys that an earlier run paid for. */
  keysReused: z.number().int(),
});
export type ReplayCounts = z.infer<typeof replayCountsSchema>;

/** Judge usage by purpose. */
export const usageByMeasureSchema = z.object({
  answerKey: judgeUsageSchema,
  precision: judgeUsageSchema,
  recall: judgeUsageSchema,
  reply: judgeUsageSchema,
  baseline: judgeUsageSchema,
  second: judgeUsageSchema,
});
export type UsageByMeasure = z.infer<typeof usageByMeasureSchema>;

/**
 * Calls to the judge whose answer was lost, because a worker died or a connection broke. They may have been charged, and
 * the repeated calls come on top: what they probably cost, and what they cost at most. `usage` leaves them out.
 */
export const unansweredCallsSchema = z.object({
  likelyUsd: z.number().nonnegative(),
  mostUsd: z.number().nonnegative(),
});
export type UnansweredCalls = z.infer<typeof unansweredCallsSchema>;

/** One replay in a certificate: the ids, booleans and reasons from which every score can be recomputed. */
export const rawReplaySchema = z.object({
  groundTruthId: storableTextSchema,
  outcome: z.enum(replayOutcomes).exclude(['replaced']),
  reason: storableTextSchema.nullable(),
  precision: unitSchema.nullable(),
  recall: unitSchema.nullable(),
  replyAccuracy: unitSchema.nullable(),
  claims: z.array(
    z.object({
      id: storableTextSchema,
      folded: z.number().int(),
      restatement: z.boolean(),
      ruled: z.boolean(),
      supported: z.boolean(),
    }),
  ),
  /** Null for an unscored replay, like its evidence. */
  funnel: claimFunnelSchema.nullable(),
  changes: z.array(z.object({ id: storableTextSchema, surfaced: z.boolean() })),
  dependence: dependenceSchema.nullable(),
  /** Null: the run's owner named no cutoff, or the replay is unscored. */
  afterCutoff: z.boolean().nullable(),
  /** Null for an unscored replay, because no published number uses it. */
  evidence: replayEvidenceSchema.nullable(),
});
export type RawReplay = z.infer<typeof rawReplaySchema>;

/** `raw_scores_json`: everything that the published numbers are computed from. */
export const rawScoresSchema = z.object({
  version: z.literal(1),
  weights: weightsSchema,
  intervals: intervalsSchema,
  designEffects: designEffectsSchema,
  freshness: freshnessSchema.nullable(),
  keyless: keylessSchema,
  counts: replayCountsSchema,
  draw: z.object({
    seed: storableTextSchema,
    seedSource: seedSourceSchema,
    listed: z.number().int(),
    limit: z.number().int(),
    excluded: z.partialRecord(z.enum(exclusionReasons), z.number().int()),
    /** The oracle did not see which repository and pull request it was asked about. */
    blinded: z.boolean(),
  }),
  judge: judgeIdentitySchema.extend({
    promptDigest: storableTextSchema,
    /** How its model was held to the form of its answers, from the strictest. Empty for a judge without a model. */
    forms: z.array(z.enum(answerForms)),
  }),
  usage: judgeUsageSchema,
  usageByMeasure: usageByMeasureSchema,
  unanswered: unansweredCallsSchema,
  trust: judgeTrustSchema,
  /** Null: the judge has not sat the exam here. */
  exam: namedExamSchema.nullable(),
  sample: z.boolean(),
  provisional: z.boolean(),
  minReplays: z.number().int(),
  private: z.boolean(),
  replays: z.array(rawReplaySchema),
});
export type RawScores = z.infer<typeof rawScoresSchema>;

export const certificateSummarySchema = z.object({
  id: storableTextSchema,
  constructId: storableTextSchema,
  domain: storableTextSchema,
  replayCount: z.number().int(),
  compositeScore: unitSchema,
  brier: z.number().min(0).max(0.5),
  createdAt: instantSchema,
  judge: z.enum(judgeProviders),
  tier: z.enum(certificateTiers),
  ranked: z.boolean(),
  sample: z.boolean(),
  /** It has fewer replays than the run asked for. */
  provisional: z.boolean(),
  compositeInterval: intervalSchema,
  /** Whether canaries showed the judge to be reliable. */
  judgeReliable: z.boolean(),
  /** Whether the judge accepted injected canaries, in this run or in the earlier runs of its pool. */
  canariesLeaked: z.boolean(),
});
export type CertificateSummary = z.infer<typeof certificateSummarySchema>;

export const replayScoreSchema = z.object({
  id: storableTextSchema,
  groundTruthId: storableTextSchema,
  precision: unitSchema,
  recall: unitSchema,
  replyAccuracy: unitSchema,
  claimsTotal: z.number().int(),
  claimsSupported: z.number().int(),
  changesTotal: z.number().int(),
  changesSurfaced: z.number().int(),
  scoringModel: storableTextSchema,
  scoringLatencyMs: z.number().int(),
  scoredAt: instantSchema,
});

export const certificateSchema = certificateSummarySchema.extend({
  precision: unitSchema,
  recall: unitSchema,
  replyAccuracy: unitSchema,
  sampleSize: z.number().int(),
  groundTruthSource: storableTextSchema,
  commitRange: storableTextSchema.nullable(),
  methodologyVersion: storableTextSchema,
  scoringModel: storableTextSchema,
  intervals: intervalsSchema,
  designEffects: designEffectsSchema,
  freshness: freshnessSchema.nullable(),
  keyless: keylessSchema,
  counts: replayCountsSchema,
  weights: weightsSchema,
  draw: rawScoresSchema.shape.draw,
  promptDigest: storableTextSchema,
  /** The origin of the judge's endpoint, if the operator chose it. */
  judgeEndpoint: storableTextSchema.nullable(),
  /** How the judge's model was held to the form of its answers, from the strictest. */
  judgeForms: z.array(z.enum(answerForms)),
  usage: judgeUsageSchema,
  usageByMeasure: usageByMeasureSchema,
  unanswered: unansweredCallsSchema,
  trust: judgeTrustSchema,
  /** How the judge did in the exam. Null: it has not sat it where the certificate was issued. */
  exam: namedExamSchema.nullable(),
  /** The sums over the replays. */
  funnel: claimFunnelSchema,
  minReplays: z.number().int(),
  unscored: z.array(z.object({ groundTruthId: storableTextSchema, reason: storableTextSchema })),
  replayScores: z.array(
    replayScoreSchema.extend({
      oracleFailure: storableTextSchema.nullable(),
      /** The counted claims that a judge ruled on: all that were made, or none where only a control got a verdict. */
      claimsRuled: z.number().int().min(0),
      funnel: claimFunnelSchema,
      dependence: dependenceSchema,
      /** Merged after the cutoff that the run's owner named. Null: none was named. */
      afterCutoff: z.boolean().nullable(),
      evidence: replayEvidenceSchema,
    }),
  ),
});
export type Certificate = z.infer<typeof certificateSchema>;

export const pageSchema = {
  limit: z.number().int().min(1).max(100).default(20),
  offset: z.number().int().min(0).default(0),
  /** The `nextCursor` of the page before, instead of an offset. A deep page costs no more than the first. */
  cursor: storableTextSchema.optional(),
};

/** What every list says of its page. `nextCursor` is absent on the last one. */
export const pagedSchema = {
  total: z.number().int(),
  limit: z.number().int(),
  offset: z.number().int(),
  nextCursor: storableTextSchema.optional(),
};

export const certificateListInputSchema = z.strictObject({
  constructId: soughtNameSchema.optional(),
  /** A part of the construct's or the repository's name. */
  search: soughtPartSchema.optional(),
  sort: z.enum(certificateSorts).default('created_desc'),
  ...pageSchema,
});
export type CertificateListInput = z.infer<typeof certificateListInputSchema>;
