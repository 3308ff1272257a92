import { z } from 'zod';
import { judgeProviders } from './judge-providers.ts';
import { rateSchema } from './judge-trust.ts';
import { canaryWays, judgeUsageSchema } from './replay.ts';
import { storableTextSchema } from './text.ts';

/** The publication half is asked only for a published result, and each asking is counted. */
export const examHalves = ['development', 'publication'] as const;
export type ExamHalf = (typeof examHalves)[number];

const count = z.number().int().nonnegative();

/**
 * What one asking showed of a judge (methodology, "The exam"). A rate counts only claims that the judge ruled on, and is
 * null if there were none. `notRuledOn`: a judge that follows a rule leaves what its rule cannot decide. `unanswered`: the
 * judge gave no usable verdict. Neither is a yes or a no.
 */
export const examResultSchema = z.object({
  /** SHA-256 of the changes and the pairs. Results of other material are not comparable. */
  material: storableTextSchema,
  half: z.enum(examHalves),
  provider: z.enum(judgeProviders),
  /** The origin of an endpoint that the operator chose; else null. */
  endpoint: storableTextSchema.nullable(),
  /** The model that was asked for, and those that answered. */
  model: storableTextSchema,
  answeredBy: z.array(storableTextSchema),
  promptDigest: storableTextSchema,
  /** P(supported | true), and P(rejected | false) over all ways and by way. */
  q1: rateSchema.nullable(),
  q0: rateSchema.nullable(),
  ways: z.record(z.enum(canaryWays), rateSchema.nullable()),
  /** The share of false claims with an order to accept them that were accepted. They are not in q0. */
  leak: rateSchema.nullable(),
  claims: z.object({ shown: count, ruled: count, notRuledOn: count, unanswered: count }),
  usage: judgeUsageSchema,
});
export type ExamResult = z.infer<typeof examResultSchema>;

/** The newest result of a judge's model, endpoint, prompts and half. */
export const listedExamSchema = examResultSchema.extend({
  /** Null: not asked here. The result of a judge that follows a rule comes with the program. */
  askedAt: z.iso.datetime({ offset: true }).nullable(),
  /** How often this half was asked with these prompts, whatever the model, and whether or not the asking ended. */
  askings: count,
});
export type ListedExam = z.infer<typeof listedExamSchema>;

/**
 * What a certificate names of its judge's exam: the newest asking of the publication half with the certificate's own
 * model, endpoint and prompts.
 */
export const namedExamSchema = listedExamSchema.pick({
  material: true,
  q1: true,
  q0: true,
  ways: true,
  leak: true,
  claims: true,
  askedAt: true,
  askings: true,
});
export type NamedExam = z.infer<typeof namedExamSchema>;

/**
 * Scripts that sit the exam with its labels at hand. They are no judges: their figures show what those of a judge mean,
 * and are listed apart. Each has its text for people.
 */
export const examScripts = {
  always_yes: 'supports every claim',
  always_no: 'rejects every claim',
  blind_direction: 'is right except about directions: it never notices a swapped one',
  blind_value: 'is right except about values: it never notices another value or quantity',
  blind_name: 'is right except about names: it never notices another name or place',
  blind_condition: 'is right except about conditions: it never notices another one',
  blind_cause: 'is right except about causes: it never notices another cause or effect',
  right_in_9_of_10: 'is right about nine claims in ten, drawn by their ids',
} as const;
export type ExamScript = keyof typeof examScripts;
export const examScriptNames = Object.keys(examScripts) as [ExamScript, ...ExamScript[]];

export const scriptedExamSchema = examResultSchema
  .pick({ material: true, half: true, q1: true, q0: true, ways: true, leak: true, claims: true })
  .extend({ script: z.enum(examScriptNames) });
export type ScriptedExam = z.infer<typeof scriptedExamSchema>;

/** What the exam consists of, who wrote and who labelled it. */
export const examDescriptionSchema = z.object({
  material: storableTextSchema,
  pairs: count,
  pairsByWay: z.record(z.enum(canaryWays), count),
  pairsByHalf: z.record(z.enum(examHalves), count),
  changes: count,
  /** Pairs that are left out because a reader's label differed. */
  disputed: count,
  /** Labels that agreed with the writer's, of all that the readers gave. */
  readers: z.array(z.object({ reader: storableTextSchema, agreeing: count, of: count })),
  /** Who they were, and what that limits. */
  remarks: z.array(storableTextSchema),
});
export type ExamDescription = z.infer<typeof examDescriptionSchema>;

export const examsSchema = z.object({
  exam: examDescriptionSchema,
  results: z.array(listedExamSchema),
  /** Of scripts and of no judge. */
  references: z.array(scriptedExamSchema),
});
