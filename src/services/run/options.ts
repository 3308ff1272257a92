import { z } from 'zod';
import { isPaid, judgeProviders } from '#contracts/judge-providers.ts';
import { oracleTypeNames } from '#contracts/oracle-types.ts';
import { storableTextSchema } from '#contracts/text.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { standingOf } from '../ground/standing.ts';
import { engineOff, whyNotAdmitted } from './admission.ts';
import { whyNoOracle } from './target.ts';

/** What a form can offer its actor. A reason is null if the choice is available, else it says why not. */
export const runOptionsSchema = z.object({
  engine: z.object({ enabled: z.boolean(), reason: storableTextSchema.nullable() }),
  defaultJudge: z.enum(judgeProviders),
  oracles: z.array(z.object({ type: z.enum(oracleTypeNames), reason: storableTextSchema.nullable() })),
  judges: z.array(
    z.object({
      provider: z.enum(judgeProviders),
      /** Null: no model is configured. */
      model: storableTextSchema.nullable(),
      reason: storableTextSchema.nullable(),
      /**
       * What all runs together may cost a day, in US dollars, for those who may spend it; null if there is no limit.
       */
      dailyLimitUsd: z.number().nullable(),
    }),
  ),
});
export type RunOptions = z.infer<typeof runOptionsSchema>;

/** What this actor can start on this installation now, by the rules of `createRun`. */
export const runOptions = async (context: ServiceContext, actor: Actor): Promise<RunOptions> => {
  const { policy } = context;
  const standing = await standingOf(context, actor);
  return {
    engine: { enabled: policy.engineEnabled, reason: policy.engineEnabled ? null : engineOff },
    defaultJudge: policy.defaultJudge,
    oracles: oracleTypeNames.map((type) => ({
      type,
      reason: whyNoOracle(context, standing, type)?.message ?? null,
    })),
    judges: await Promise.all(
      judgeProviders.map(async (provider) => {
        const reason =
          (await whyNotAdmitted(context, actor, { standing, address: null, judge: provider }))?.message ??
          null;
        return {
          provider,
          model: policy.judges[provider].model,
          reason,
          dailyLimitUsd: reason === null && isPaid(provider) ? policy.maxCostUsdPerDay : null,
        };
      }),
    ),
  };
};
