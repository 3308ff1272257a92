import { z } from 'zod';
import { judgeRuleSchema } from '#contracts/judge-providers.ts';
import { judgeRules } from '#services/judge/index.ts';
import { publicProcedure, router } from './init.ts';

/** The judges' rules are public, like certificates. */
export const judgeRouter = router({
  rules: publicProcedure.output(z.array(judgeRuleSchema)).query(() => judgeRules()),
});
