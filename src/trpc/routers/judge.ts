import { z } from 'zod';
import { judgeRuleSchema } from '#contracts/judge-providers.ts';
import { judgeRules } from '#services/judge/index.ts';
import { publicProcedure, router } from './init.ts';

/** What judges go by is public, as certificates are. */
export const judgeRouter = router({
  rules: publicProcedure.output(z.array(judgeRuleSchema)).query(() => judgeRules()),
});
