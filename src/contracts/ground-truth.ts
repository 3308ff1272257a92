import { z } from 'zod';
import { instantSchema } from './instant.ts';
import { storableTextSchema } from './text.ts';

/**
 * One merged change that an oracle is asked about. `diff` is a unified diff (git's format, without `index` lines);
 * `mergedAt` is in UTC; `repository` is `owner/name`, a URL, or a directory's name.
 */
export const groundTruthSchema = z.object({
  id: storableTextSchema.min(1).max(200),
  title: storableTextSchema,
  description: storableTextSchema,
  diff: storableTextSchema,
  filesChanged: z.array(storableTextSchema),
  mergedAt: instantSchema,
  mergeCommit: storableTextSchema.nullable(),
  labels: z.array(storableTextSchema),
  author: storableTextSchema.nullable(),
  url: storableTextSchema.nullable(),
  repository: storableTextSchema,
});
export type GroundTruth = z.infer<typeof groundTruthSchema>;

/** Why a merged change cannot serve as ground truth (methodology, "One replay"). */
export const exclusionReasons = [
  'too_small',
  'binary_only',
  'dependency_bump',
  'generated_only',
  'empty_diff',
  'too_large',
  'unreadable',
  'not_held',
] as const;
export type ExclusionReason = (typeof exclusionReasons)[number];

/**
 * What a source read. `drawn` is the sample in seeded order. `reserve` follows in the same order and replaces changes
 * that no answer key can be made for. `listed` counts the changes drawn from, `excluded` those looked at and refused.
 */
export const groundTruthDrawSchema = z.object({
  drawn: z.array(groundTruthSchema),
  reserve: z.array(groundTruthSchema),
  listed: z.number().int(),
  excluded: z.partialRecord(z.enum(exclusionReasons), z.number().int()),
  source: storableTextSchema,
  commitRange: storableTextSchema.nullable(),
  private: z.boolean(),
});
export type GroundTruthDraw = z.infer<typeof groundTruthDrawSchema>;
