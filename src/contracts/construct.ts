import { z } from 'zod';
import { pagedSchema, pageSchema } from './certificate.ts';
import { certificateStandings } from './certificate-standing.ts';
import { instantSchema } from './instant.ts';
import { unitSchema } from './interval.ts';
import { attemptOutcomes } from './log.ts';
import { soughtNameSchema, storableTextSchema } from './text.ts';

/** An attempt at certification as the log has it, whatever came of it. */
const listedAttemptSchema = z.object({
  /** Of the registration. */
  id: storableTextSchema,
  /** Of the registration's entry. */
  logIndex: z.number().int(),
  registeredAt: instantSchema,
  /** The account that asked, by its random id. Others may use the same name. */
  account: storableTextSchema,
  /** How many changes were to be drawn, of how many that were listed. */
  n: z.number().int(),
  listed: z.number().int(),
  /** Null until it is closed: until then it can be resumed, and no score of it is known. */
  outcome: z.enum(attemptOutcomes).nullable(),
  closedAt: instantSchema.nullable(),
  scored: z.number().int().nullable(),
  oracleFailures: z.number().int().nullable(),
  unscored: z.number().int().nullable(),
  /** Of the composites of its scored replays; null without any. */
  mean: unitSchema.nullable(),
  /** The certificate that it ended with, and what became of that. */
  certificateId: storableTextSchema.nullable(),
  standing: z.enum(certificateStandings).nullable(),
});
export type ListedAttempt = z.infer<typeof listedAttemptSchema>;

export const attemptListInputSchema = z.strictObject({ name: soughtNameSchema, ...pageSchema });
export type AttemptListInput = z.infer<typeof attemptListInputSchema>;

/** Every attempt under a construct's name, the newest first. */
export const constructSchema = z.object({
  name: storableTextSchema,
  attempts: z.array(listedAttemptSchema),
  ...pagedSchema,
});
export type Construct = z.infer<typeof constructSchema>;
