import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { type AnswerKey, canaryWays } from '#contracts/replay.ts';
import { examChanges } from '#verification/exam/changes.ts';
import { emptyAnswer, type JudgeAnswer } from '#verification/judges/judge.ts';
import { makeAnswerKey } from '#verification/judging/answer-key.ts';
import { scriptedJudge } from '../rigs/scripted-judge.ts';

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

/** What another reader noted about the first forty: mostly what was changed, where a reading says what it does. */
const changeNoteSchema = z.object({
  id: z.string(),
  summary: z.string(),
  key_claims: z.array(z.string()).min(3).max(4),
  false_claims: z.array(z.string()).min(3).max(4),
});
export type ChangeNote = z.infer<typeof changeNoteSchema>;

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

/** In the order of the changes, of which they cover the first forty. */
export const ownChangeNotes = (): ChangeNote[] =>
  changeNoteSchema.array().parse(readLines('own-change-notes.jsonl'));

const ownVariantsSchema = z.object({
  id: z.string(),
  changes: z
    .array(
      z.object({
        statement: z.string(),
        quote: z.string(),
        variants: z.array(z.object({ way: z.enum(['true', ...canaryWays]), text: z.string() })),
      }),
    )
    .length(4),
});

const ownVariants = (): ReadonlyMap<string, z.infer<typeof ownVariantsSchema>> =>
  new Map(
    ownVariantsSchema
      .array()
      .parse(readLines('own-variants.jsonl'))
      .map((written) => [written.id, written]),
  );

/**
 * The answer key of each of the changes as a model would answer that follows the prompt: four statements, and variants in
 * the ways that are dealt to the change. A person wrote none of them: a model did, reading the diffs.
 */
export const writtenAnswers = (): ReadonlyMap<string, JudgeAnswer> =>
  new Map(
    [...ownVariants()].map(([id, { changes }]) => [
      id,
      {
        ...emptyAnswer,
        changes: changes.map(({ statement, quote }, place) => ({ id: `${place + 1}`, quote, statement })),
        question: {
          quote: changes[0]?.quote ?? '',
          text: 'What does the quoted line do?',
          reference_answer: changes[0]?.statement ?? '',
        },
        variants: changes.flatMap(({ variants }, place) =>
          variants.map((variant) => ({ id: `${place + 1}`, ...variant })),
        ),
      },
    ]),
  );

const made = new Map<string, AnswerKey>();

/** The same after code has checked it. */
export const writtenKey = async (change: GroundTruth): Promise<AnswerKey> => {
  const known = made.get(change.id);
  if (known) return known;
  const answer = writtenAnswers().get(change.id);
  if (answer === undefined) throw new Error(`Nobody wrote a key for ${change.id}.`);
  const outcome = await makeAnswerKey(scriptedJudge(answer, answer), change, { model: 'm' });
  if (outcome.kind !== 'made') throw new Error(`The key of ${change.id} is ${outcome.kind}.`);
  made.set(change.id, outcome.key);
  return outcome.key;
};
