import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type GroundTruth, groundTruthSchema } from '#contracts/ground-truth.ts';

/**
 * Fifty changes of this repository's own history, of large commits one to four files, and what a careful reader wrote
 * about each: a summary and claims that are true, and claims that are false though they sound like the change.
 */
const ownReadingSchema = z.object({
  id: z.string(),
  summary: z.string(),
  key_claims: z.array(z.string()).min(3).max(6),
  false_claims: z.array(z.string()).length(3),
});
export type OwnReading = z.infer<typeof ownReadingSchema>;

const readLines = (name: string): unknown[] =>
  readFileSync(join(import.meta.dirname, '../fixtures', name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

export const ownChanges = (): GroundTruth[] =>
  groundTruthSchema.array().parse(readLines('own-changes.jsonl'));

/** In the order of the changes. */
export const ownReadings = (): OwnReading[] =>
  ownReadingSchema.array().parse(readLines('own-readings.jsonl'));
