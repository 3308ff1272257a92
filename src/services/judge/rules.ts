import { type JudgeRule, judgeOf, judgeProviders } from '#contracts/judge-providers.ts';
import { instructionsFor, promptDigest } from '#verification/judges/model/prompts/v1/digest.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import { offlineRule } from '#verification/judges/offline/rule.ts';

/** The rules that this version's judges follow, for anyone who wants to predict or question a verdict. */
export const judgeRules = (): JudgeRule[] =>
  judgeProviders.map((provider) =>
    judgeOf(provider).model === null
      ? { provider, promptDigest: offlineJudge().promptDigest, text: offlineRule }
      : { provider, promptDigest, text: instructionsFor('every_task') },
  );
