import { z } from 'zod';
import {
  certificateSchema,
  certificateTiers,
  rawScoresSchema,
  seedSourceSchema,
  unansweredCallsSchema,
  usageByMeasureSchema,
  weightsSchema,
} from './certificate.ts';
import { namedExamSchema } from './exam.ts';
import { instantSchema, utcInstant } from './instant.ts';
import { judgeIdentitySchema } from './judge-providers.ts';
import { judgeTrustSchema } from './judge-trust.ts';
import { oracleTypeNames } from './oracle-types.ts';
import { claimFunnelSchema, dependenceSchema, judgeUsageSchema, replayOutcomes } from './replay.ts';
import { mostReplays, mostReserve } from './run-request.ts';
import { formSchema, storableTextSchema } from './text.ts';

export const documentType = 'echelon-certificate/v1';

/** How long a certificate of the tier UNVERIFIED is valid. */
export const documentValidMs = 90 * 86_400_000;

/** A line for each change that was drawn, and for each that was replaced by one of the reserve. */
export const mostEvidenceLines = mostReplays + mostReserve;

/** SHA-256 in hexadecimal digits. */
const digestSchema = formSchema(/^[0-9a-f]{64}$/);
/** A point in time in one spelling, so that equal documents have equal bytes. */
const momentSchema = storableTextSchema.refine(
  (time) => utcInstant(time) === time,
  'must be a time in the form 2026-01-31T12:00:00.000Z',
);

/**
 * What is signed of a certificate. The replays are in its evidence, which `evidence` pins. The command line alone has no
 * log, so that `onBehalfOf`, `registration` and `attempt` are null.
 */
export const certificateDocumentSchema = z.object({
  type: z.literal(documentType),
  id: storableTextSchema,
  /** `owner`: who may use the name. Null: anyone may. */
  construct: z.object({ name: storableTextSchema, owner: z.null() }),
  domain: storableTextSchema,
  /** `keyId` is the RFC 7638 thumbprint of the key that signs. `origin` is null where only one machine reaches it. */
  issuer: z.object({ origin: storableTextSchema.nullable(), keyId: storableTextSchema }),
  /** The account that asked for it, by its random id. */
  onBehalfOf: z.object({ account: z.uuid() }).nullable(),
  /** The issuer's word: no signature of others bears these times. */
  issuedAt: momentSchema,
  expiresAt: momentSchema,
  tier: z.enum(certificateTiers),
  provisional: z.boolean(),
  sample: z.boolean(),
  subject: z.object({
    oracleType: z.enum(oracleTypeNames),
    /** Its origin, or its callable. Never a path, which may hold a secret. */
    origin: storableTextSchema,
    /** Over everything that tells one target from another, the path too. */
    targetDigest: digestSchema,
    /** Whether the oracle's operator has shown control of it. */
    confirmed: z.literal(false),
  }),
  groundTruth: z.object({
    source: storableTextSchema,
    private: z.boolean(),
    since: storableTextSchema.nullable(),
    label: storableTextSchema.nullable(),
    commitRange: storableTextSchema.nullable(),
    listed: z.number().int(),
    /** Not known, because drawing stops at the number of changes that the run needs. */
    eligible: z.null(),
    excluded: rawScoresSchema.shape.draw.shape.excluded,
    limit: z.number().int(),
    /** Every change that the run used, the replaced ones too. */
    drawn: z.number().int(),
    replaced: z.number().int(),
    /** SHA-256 over the digests of these changes, in the order of the evidence, joined by line feeds. */
    snapshotDigest: digestSchema,
    modelCutoff: z.iso.date().nullable(),
  }),
  method: z.object({
    version: storableTextSchema,
    judge: judgeIdentitySchema.extend({
      /** The one that answered most often. */
      model: storableTextSchema,
      requestedModel: storableTextSchema,
      promptDigest: storableTextSchema,
      forms: rawScoresSchema.shape.judge.shape.forms,
    }),
    exam: namedExamSchema.nullable(),
    weights: weightsSchema,
    seed: storableTextSchema,
    seedSource: seedSourceSchema,
    blinded: z.boolean(),
    economy: z.boolean(),
    minReplays: z.number().int(),
    baselineReplays: z.number().int(),
    agreement: judgeIdentitySchema.extend({ share: z.number().min(0).max(1) }).nullable(),
    /** `revision`: the commit of the program's own repository. Null: it does not know. */
    engine: z.object({ version: storableTextSchema, revision: storableTextSchema.nullable() }),
  }),
  results: certificateSchema.pick({
    replayCount: true,
    precision: true,
    recall: true,
    replyAccuracy: true,
    compositeScore: true,
    brier: true,
    intervals: true,
    designEffects: true,
    freshness: true,
    keyless: true,
    counts: true,
    funnel: true,
  }),
  trust: judgeTrustSchema,
  /** Not measured. */
  calibration: z.null(),
  /**
   * Which attempt at its target this is, and of how many, counting everyone's, when the log had `logSize` entries. `mean`
   * is over all attempts with a score, this one included; `withoutMean` counts those that were closed without one.
   */
  attempt: z
    .object({
      number: z.number().int().min(1),
      of: z.number().int().min(1),
      logSize: z.number().int().min(1),
      mean: z.number().min(0).max(1),
      withoutMean: z.number().int().min(0),
    })
    .nullable(),
  /** The entry of the log that was made before the first call to the oracle: `digest` is SHA-256 of its bytes. */
  registration: z
    .object({
      log: storableTextSchema,
      id: z.uuid(),
      index: z.number().int().min(0),
      digest: digestSchema,
    })
    .nullable(),
  usage: judgeUsageSchema.extend({
    byMeasure: usageByMeasureSchema,
    unanswered: unansweredCallsSchema,
  }),
  /** `root`: of the RFC 6962 tree whose leaves are the lines of the evidence, without their line feeds. */
  evidence: z.object({ root: digestSchema, count: z.number().int().min(0).max(mostEvidenceLines) }),
});
export type CertificateDocument = z.infer<typeof certificateDocumentSchema>;

/**
 * What a line of the evidence says of its replay, before the steps of its checkpoint. Of a private repository's change it
 * has an ordinal as the id, a salted digest, and nothing else.
 */
export const evidenceFactsSchema = z.object({
  groundTruth: z.object({
    id: storableTextSchema.min(1),
    digest: digestSchema,
    title: storableTextSchema.nullable(),
    url: storableTextSchema.nullable(),
    repository: storableTextSchema.nullable(),
    mergeCommit: storableTextSchema.nullable(),
    mergedAt: instantSchema.nullable(),
  }),
  outcome: z.enum(replayOutcomes),
  reason: storableTextSchema.nullable(),
  /** Unrounded. Null for an unscored or replaced change, like what follows. */
  scores: z
    .object({
      precision: z.number(),
      recall: z.number(),
      replyAccuracy: z.number(),
      claimsTotal: z.number().int(),
      claimsSupported: z.number().int(),
      changesTotal: z.number().int(),
      changesSurfaced: z.number().int(),
      funnel: claimFunnelSchema,
    })
    .nullable(),
  dependence: dependenceSchema.nullable(),
  afterCutoff: z.boolean().nullable(),
  endedAt: momentSchema,
});
export type EvidenceFacts = z.infer<typeof evidenceFactsSchema>;
