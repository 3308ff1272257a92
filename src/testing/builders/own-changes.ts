import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { examChanges } from '#verification/exam/changes.ts';

/**
 * What a careful reader wrote about each change of the exam: a true summary, true claims, and false claims that sound
 * like the change.
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

/** Fifty changes from this repository's history. */
export const ownChanges = (): GroundTruth[] => examChanges();

/** In the order of the changes. */
export const ownReadings = (): OwnReading[] =>
  ownReadingSchema.array().parse(readLines('own-readings.jsonl'));
