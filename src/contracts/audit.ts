import { z } from 'zod';
import { instantSchema } from './instant.ts';
import { intervalSchema, unitSchema } from './interval.ts';
import { storableTextSchema } from './text.ts';

/** What an owner says of a claim. */
export const auditLabels = ['true', 'false', 'cannot_tell'] as const;
export const auditLabelSchema = z.enum(auditLabels);
export type AuditLabel = z.infer<typeof auditLabelSchema>;

/** How the labels are called wherever people read them, and the keys that give them. */
export const auditKeys: readonly { label: AuditLabel; key: string; name: string }[] = [
  { label: 'true', key: 't', name: 'true' },
  { label: 'false', key: 'f', name: 'false' },
  { label: 'cannot_tell', key: 'c', name: 'cannot tell' },
];

/**
 * When a claim has which label. The same definitions in the same words as the judge's, so that the two can be compared;
 * only an owner may say that they cannot tell.
 */
export const auditCriteria: Record<AuditLabel, string> = {
  true: 'every factual part of the claim is true of this change, and the diff shows it. Other words, another order, a rounder expression or an omission do not matter as long as what is said is true.',
  false:
    'one part is wrong: a name, a number, a file, a condition, or the direction; or one part cannot be seen in the diff: motives, effects on performance or users, what tests cover or that they pass, what the rest of the code does; or it says nothing that could be wrong, and would fit almost any change.',
  cannot_tell:
    'with the diff before you, you cannot decide between the two, for example because you do not know the language. What the diff does not show is false.',
};

/** The most claims that an audit asks about. */
export const auditSize = 40;

const inclusionProbabilitySchema = z.number().gt(0).max(1);

/**
 * A claim of the sample, by the ids that its certificate has for replay and claim. `supported`, the judge's verdict, is
 * its stratum. Label and time are null until the owner has labelled it.
 */
export const sampledLabelSchema = z.object({
  groundTruthId: storableTextSchema,
  claimId: storableTextSchema,
  supported: z.boolean(),
  inclusionProbability: inclusionProbabilitySchema,
  label: auditLabelSchema.nullable(),
  labelledAt: instantSchema.nullable(),
});
export type SampledLabel = z.infer<typeof sampledLabelSchema>;

const measuredSchema = z.object({ value: z.number(), interval: intervalSchema });
const count = z.number().int().min(0);

/** What the labels say of the certificate's precision and of its judge. Null where no label can say it. */
export const auditResultSchema = z.object({
  labels: z.object({ true: count, false: count, cannotTell: count }),
  /** With the owner's word in place of the verdicts. `tuning`: how far it rests on the verdicts still, from 0 to 1. */
  precision: measuredSchema.extend({ tuning: unitSchema }).nullable(),
  /** Precision with all that could not be told false, and true. */
  bounds: intervalSchema,
  q1: measuredSchema.nullable(),
  q0: measuredSchema.nullable(),
  /** Cohen's kappa of the judge's verdicts and the owner's labels. */
  kappa: measuredSchema.nullable(),
  /** Precision corrected by q0 and q1 instead, as a check. */
  byRates: unitSchema.nullable(),
});
export type AuditResult = z.infer<typeof auditResultSchema>;

/**
 * The record of a human audit, beside its certificate. It exists from the moment the audit begins. Result and labels
 * are null until it is finished: nobody sees them before, not even its owner.
 */
export const auditSchema = z.object({
  certificateId: storableTextSchema,
  /** SHA-256 of the certificate, from which the seed of the sample follows. */
  certificateDigest: storableTextSchema,
  /** How many claims are in the sample. */
  size: z.number().int().min(1).max(auditSize),
  begunAt: instantSchema,
  finishedAt: instantSchema.nullable(),
  /** When it ended without a result, because what it would have asked about was deleted after its retention. */
  closedAt: instantSchema.nullable(),
  result: auditResultSchema.nullable(),
  labels: z.array(sampledLabelSchema).nullable(),
});
export type Audit = z.infer<typeof auditSchema>;

/** How far an owner has come. `labelled` counts the claims that have a label. */
export const auditProgressSchema = auditSchema
  .omit({ labels: true })
  .extend({ labelled: z.number().int().min(0) });
export type AuditProgress = z.infer<typeof auditProgressSchema>;

/**
 * One claim to label, blind: without verdict, quote, construct and other claims. `texts` are those that were folded
 * into it; it is true only if each of them is. `label` is what the owner said before, if anything.
 */
export const auditTaskSchema = z.object({
  position: z.number().int().min(1).max(auditSize),
  size: z.number().int().min(1).max(auditSize),
  labelled: z.number().int().min(0),
  texts: z.array(storableTextSchema).min(1),
  title: storableTextSchema,
  diff: storableTextSchema,
  label: auditLabelSchema.nullable(),
});
export type AuditTask = z.infer<typeof auditTaskSchema>;
