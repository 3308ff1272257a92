import { z } from 'zod';
import { judgeRuleSchema } from '#contracts/judge-providers.ts';
import { judgeRules } from '#services/judge/index.ts';
import { procedureFor, router } from './init.ts';

/** The judges' rules are public, like certificates. */
export const judgeRouter = router({
  rules: procedureFor('public')
    .output(z.array(judgeRuleSchema))
    .query(() => judgeRules()),
});
