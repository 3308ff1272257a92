import { type JudgeRule, judgeOf, judgeProviders } from '#contracts/judge-providers.ts';
import { formInWords, promptDigestOf } from '#verification/judges/model/form.ts';
import { instructionsFor } from '#verification/judges/model/prompts/v2/digest.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import { offlineRule } from '#verification/judges/offline/rule.ts';

/** The rules that this version's judges follow, for anyone who wants to predict or question a verdict. */
export const judgeRules = (): JudgeRule[] =>
  judgeProviders.map((provider) => {
    if (judgeOf(provider).model === null)
      return { provider, promptDigest: offlineJudge().promptDigest, text: offlineRule };
    const form = formInWords(provider);
    return {
      provider,
      promptDigest: promptDigestOf(provider),
      text: [instructionsFor('every_task'), ...(form === null ? [] : [form])].join('\n\n'),
    };
  });
