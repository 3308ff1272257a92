import { z } from 'zod';

/**
 * One merged change that an oracle is asked about. `diff` is a unified diff (git's format, without `index` lines);
 * `mergedAt` is RFC 3339 UTC; `repository` is `owner/name`, a URL, or a directory's name.
 */
export const groundTruthSchema = z.object({
  id: z.string().min(1).max(200),
  title: z.string(),
  description: z.string(),
  diff: z.string(),
  filesChanged: z.array(z.string()),
  mergedAt: z.string(),
  mergeCommit: z.string().nullable(),
  labels: z.array(z.string()),
  author: z.string().nullable(),
  url: z.string().nullable(),
  repository: z.string(),
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
] as const;
export type ExclusionReason = (typeof exclusionReasons)[number];

/**
 * The outcome of a source's reading: `drawn` in seeded order (the first `limit` are the sample, the rest stand by
 * for a change that no answer key can be made for), `listed` the changes the draw was made from, and how many of
 * those looked at were excluded, by reason.
 */
export const groundTruthDrawSchema = z.object({
  drawn: z.array(groundTruthSchema),
  reserve: z.array(groundTruthSchema),
  listed: z.number().int(),
  excluded: z.partialRecord(z.enum(exclusionReasons), z.number().int()),
  source: z.string(),
  commitRange: z.string().nullable(),
  private: z.boolean(),
});
export type GroundTruthDraw = z.infer<typeof groundTruthDrawSchema>;
