import { z } from 'zod';
import { type ExamHalf, examHalves } from '#contracts/exam.ts';
import { canaryWays } from '#contracts/replay.ts';
import { seededFraction } from '../text/seeded-choice.ts';
import pairs from './pairs.json' with { type: 'json' };

const labelSchema = z.enum(['true', 'false', 'cannot tell']);

/**
 * A true and a false claim about the same fact of a change; they differ only in the way named. `evidence` is the line of
 * the diff that decides. The second reader labelled both members, the third one of them.
 */
const examPairSchema = z.strictObject({
  id: z.string(),
  change: z.string(),
  way: z.enum(canaryWays),
  style: z.string(),
  true: z.string(),
  false: z.string(),
  evidence: z.string(),
  labels: z.strictObject({
    second: z.strictObject({ true: labelSchema, false: labelSchema }),
    third: z.union([z.strictObject({ true: labelSchema }), z.strictObject({ false: labelSchema })]),
  }),
});
export type ExamPair = z.infer<typeof examPairSchema>;

/** All pairs that were written, with the disputed ones. */
export const writtenPairs = (): ExamPair[] => examPairSchema.array().parse(pairs);

/** What each reader said of a pair's members. */
export const labelsOf = ({ labels }: ExamPair, reader: keyof ExamPair['labels']) =>
  Object.entries(labels[reader]).map(([member, label]) => ({ member, label, agrees: member === label }));

/** A pair is dropped if one label differs from the writer's. Nobody argues about it. */
export const isDisputed = (pair: ExamPair): boolean =>
  [...labelsOf(pair, 'second'), ...labelsOf(pair, 'third')].some(({ agrees }) => !agrees);

export const examPairs = (): ExamPair[] => writtenPairs().filter((pair) => !isDisputed(pair));

/**
 * Decides the halves by change, so that what was learnt on a change of one half helps with nothing in the other. The
 * first whole number that balances every way, to one pair where their count is odd.
 */
const halving = '1107';

export const halfOf = ({ change }: Pick<ExamPair, 'change'>): ExamHalf =>
  examHalves[seededFraction('exam-half', halving, change) < 0.5 ? 0 : 1];
