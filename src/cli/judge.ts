import { defaultProvider, type JudgeProvider, judgeOf, theModelJudges } from '#contracts/judge-providers.ts';
import { proxiedFetch } from '#platform/network/proxies.ts';
import { missingFor, openJudge } from '#platform/open-judge.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { CountTokens } from '#verification/judges/model/model-client.ts';
import { createPrices, type Prices } from '#verification/judges/model/prices.ts';
import { CommandError, UsageError } from './exit.ts';
import type { Settings } from './settings.ts';

/** The judge of a run, the judge of its agreement sample, and what an estimate needs. */
export type Judges = {
  judge: Judge;
  agreement: { judge: Judge; share: number } | null;
  prices: Prices;
  countTokens: CountTokens | null;
};

export type JudgeChoice = {
  judge?: JudgeProvider;
  model?: string;
  agreementSample?: number;
  agreementModel?: string;
  maxCost?: number;
};

/** Refuses the options of model judges for a judge that has no model. */
const refuseModelOptions = ({ model, agreementModel, agreementSample = 0, maxCost }: JudgeChoice) => {
  if (model !== undefined || agreementModel !== undefined)
    throw new UsageError(
      `--model and --agreement-model are for ${theModelJudges}; the offline judge has no model to choose.`,
    );
  if (agreementSample > 0)
    throw new UsageError(
      `--agreement-sample is for ${theModelJudges}; the offline judge always gives the same verdict.`,
    );
  if (maxCost !== undefined)
    throw new UsageError(`--max-cost is for ${theModelJudges}; the offline judge costs nothing.`);
};

const refuseMissing = (provider: JudgeProvider, { judges, projectDir }: Settings) => {
  const missing = missingFor(provider, judges[provider], projectDir);
  if (missing?.part === 'key')
    throw new UsageError(
      `The ${provider} judge needs a key: set ${missing.name}, or use --judge offline, which needs none.`,
    );
  if (missing?.part === 'package')
    throw new CommandError(
      `The package ${missing.name} is missing. Run npm install, or use --judge offline.`,
    );
};

/** The judge that was asked for, else the installation's default: a model judge if a key is configured. */
export const judgesFor = async (asked: JudgeChoice, settings: Settings): Promise<Judges> => {
  const { judges, judgePrices, proxies } = settings;
  const provider = asked.judge ?? defaultProvider((each) => judges[each].key !== null);
  const share = asked.agreementSample ?? 0;
  if (asked.agreementModel !== undefined && share === 0)
    throw new UsageError(
      '--agreement-model needs --agreement-sample above 0: the share of the replays that this model judges too.',
    );
  if (judgeOf(provider).model === null) refuseModelOptions(asked);
  refuseMissing(provider, settings);
  const { judge, countTokens } = await openJudge(provider, judges[provider], {
    prices: judgePrices,
    fetch: proxiedFetch(proxies).fetch,
  });
  const model = asked.model ?? judges[provider].model;
  return {
    judge: judge(model, null),
    agreement: share > 0 ? { judge: judge(asked.agreementModel ?? model, null), share } : null,
    prices: createPrices(provider, judgePrices),
    countTokens,
  };
};
