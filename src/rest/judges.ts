import { judgeRules, listExams } from '#services/judge/index.ts';
import { answer, answering, type RestContext } from './answer.ts';

/** `GET /api/v1/verification/judges`: the judges' rules, the exam, how judges did in it, and scripts for comparison. */
export const getJudges = (context: RestContext, request: Request): Promise<Response> =>
  answering(context, request, 'public', async () =>
    answer(200, { rules: judgeRules(), ...(await listExams(context.services)) }, 'public, max-age=60'),
  );
