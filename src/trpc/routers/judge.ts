import { z } from 'zod';
import { examsSchema } from '#contracts/exam.ts';
import { judgeRuleSchema } from '#contracts/judge-providers.ts';
import { judgeRules, listExams } from '#services/judge/index.ts';
import { procedureFor, router } from './init.ts';

/** The judges' rules and their exams are public, like certificates. */
export const judgeRouter = router({
  rules: procedureFor('public')
    .output(z.array(judgeRuleSchema))
    .query(() => judgeRules()),
  exams: procedureFor('public')
    .output(examsSchema)
    .query(({ ctx }) => listExams(ctx.services)),
});
