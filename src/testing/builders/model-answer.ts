import type { z } from 'zod';
import type { JudgeAnswer, judgeAnswerSchema } from '#verification/judges/judge.ts';

/** An answer as a model writes it: with a reason for each verdict, in the order that the form has. */
export const modelAnswer = ({ verdicts, ...answer }: JudgeAnswer): z.infer<typeof judgeAnswerSchema> => ({
  ...answer,
  verdicts: verdicts.map(({ id, quote, verdict }) => ({ id, quote, reason: 'As the diff has it.', verdict })),
});
