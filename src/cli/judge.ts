import {
  defaultProvider,
  type JudgeProvider,
  judgeOf,
  otherProviderThan,
  theModelJudges,
} from '#contracts/judge-providers.ts';
import { proxiedFetch } from '#platform/network/proxies.ts';
import { type JudgeSettings, missingFor, type OpenJudge, openJudge } from '#platform/open-judge.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { CountTokens } from '#verification/judges/model/model-client.ts';
import { canHoldLimits, createPrices, type Prices } from '#verification/judges/model/prices.ts';
import { CommandError, UsageError } from './exit.ts';
import type { Settings } from './settings.ts';

/** The judges of a run, and what an estimate needs. */
export type Judges = {
  judge: Judge;
  /** Its address was given by `--judge-url`. */
  isUrlGiven: boolean;
  agreement: { judge: Judge; share: number; prices: Prices } | null;
  /** Writes every second change's variants. Null: no other provider is configured, so the run's own judge writes them all. */
  variantsAuthor: { judge: Judge; prices: Prices } | null;
  prices: Prices;
  countTokens: CountTokens | null;
};

/** A judge that is named with its model: `provider[:model]`. */
export type NamedJudge = { provider: JudgeProvider; model?: string };

export type JudgeChoice = {
  judge?: JudgeProvider;
  judgeUrl?: string;
  model?: string;
  agreementSample?: number;
  agreementJudge?: NamedJudge;
  agreementModel?: string;
  maxCost?: number;
};

/** Refuses the options of model judges for a judge that has no model. */
const refuseModelOptions = (provider: JudgeProvider, asked: JudgeChoice) => {
  const { model, judgeUrl, agreementModel, agreementJudge, agreementSample = 0, maxCost } = asked;
  if (model !== undefined || agreementModel !== undefined || judgeUrl !== undefined)
    throw new UsageError(
      `--model, --judge-url and --agreement-model are for ${theModelJudges}; the ${provider} check has no model to choose.`,
    );
  if (agreementSample > 0 || agreementJudge !== undefined)
    throw new UsageError(
      `--agreement-sample is for ${theModelJudges}; the ${provider} check always gives the same verdict.`,
    );
  if (maxCost !== undefined)
    throw new UsageError(`--max-cost is for ${theModelJudges}; the ${provider} check costs nothing.`);
};

/** The option that stands for a variable, where there is one. */
const optionOf = { key: null, url: '--judge-url', model: '--model' } as const;

const refuseMissing = (
  provider: JudgeProvider,
  settings: JudgeSettings,
  projectDir: string,
  role: 'judge' | 'agreement',
) => {
  const missing = missingFor(provider, settings, projectDir);
  if (missing === null) return;
  const { part, name } = missing;
  if (part === 'package')
    throw new CommandError(`The package ${name} is missing. Run npm install, or use --judge offline.`);
  const what = { key: 'a key', url: 'the address of its endpoint', model: 'the name of its model' }[part];
  // --judge-url and --model are the first judge's.
  const option =
    role === 'judge' ? optionOf[part] : part === 'model' ? `--agreement-judge ${provider}:MODEL` : null;
  const how = option === null ? `set ${name}` : `set ${name} or give ${option}`;
  const instead =
    role === 'judge' ? 'use --judge offline, which needs none' : 'name another --agreement-judge';
  throw new UsageError(`The ${provider} judge needs ${what}: ${how}, or ${instead}.`);
};

/** @throws UsageError if a limit in US dollars cannot be held, because the price of a model is unknown. */
const refuseUnheldLimit = (
  { maxCost }: JudgeChoice,
  { provider, model }: Pick<Judge, 'provider' | 'model'>,
  { judgePrices }: Settings,
) => {
  if (maxCost === undefined || canHoldLimits(provider, model, judgePrices)) return;
  throw new UsageError(
    `--max-cost cannot be held, because the price of ${model} is unknown. State it in JUDGE_PRICES (US dollars per million tokens), for example JUDGE_PRICES='{"${model}":{"input":0.5,"output":1.5}}', or leave --max-cost out.`,
  );
};

const modelOf = (provider: JudgeProvider, { model }: JudgeSettings): string => {
  if (model === null) throw new Error(`The ${provider} judge has no model.`);
  return model;
};

const otherProvider = (
  own: JudgeProvider,
  { maxCost }: Pick<JudgeChoice, 'maxCost'>,
  { judges, judgePrices, projectDir }: Settings,
): JudgeProvider | null =>
  otherProviderThan(own, (provider) => {
    const settings = judges[provider];
    if (missingFor(provider, settings, projectDir) !== null) return false;
    return maxCost === undefined || canHoldLimits(provider, modelOf(provider, settings), judgePrices);
  });

/**
 * The provider and model for agreement: what was asked for, else a model of another provider where one is configured,
 * else the run's own.
 */
const agreementOf = (
  { agreementJudge, agreementModel }: JudgeChoice,
  own: Required<NamedJudge>,
  other: JudgeProvider | null,
): NamedJudge => {
  if (agreementJudge?.model !== undefined && agreementModel !== undefined)
    throw new UsageError(
      'Name the model for agreement once: with --agreement-judge or with --agreement-model.',
    );
  const model = agreementJudge?.model ?? agreementModel;
  if (agreementJudge !== undefined)
    return { provider: agreementJudge.provider, ...(model !== undefined && { model }) };
  if (model !== undefined) return { provider: own.provider, model };
  return other === null ? own : { provider: other };
};

/** The judge that was asked for, else the installation's default. */
export const judgesFor = async (asked: JudgeChoice, settings: Settings): Promise<Judges> => {
  const { judges, judgePrices, proxies, projectDir } = settings;
  const provider = asked.judge ?? defaultProvider((each) => judges[each].key !== null);
  const share = asked.agreementSample ?? 0;
  for (const option of ['agreementModel', 'agreementJudge'] as const)
    if (asked[option] !== undefined && share === 0)
      throw new UsageError(
        `--agreement-${option === 'agreementModel' ? 'model' : 'judge'} needs --agreement-sample above 0: the share of the replays that this judge is asked about too.`,
      );
  if (judgeOf(provider).model === null) refuseModelOptions(provider, asked);
  const { fetch } = proxiedFetch(proxies);
  const open = async (
    of: JudgeProvider,
    chosen: JudgeSettings,
    role: 'judge' | 'agreement',
  ): Promise<OpenJudge & { named: string }> => {
    refuseMissing(of, chosen, projectDir, role);
    const opened = await openJudge(of, chosen, { prices: judgePrices, fetch });
    return { ...opened, named: modelOf(of, chosen) };
  };
  const own: JudgeSettings = {
    ...judges[provider],
    url: asked.judgeUrl ?? judges[provider].url,
    model: asked.model ?? judges[provider].model,
  };
  const first = await open(provider, own, 'judge');
  const judge = first.judge(first.named, null);
  refuseUnheldLimit(asked, judge, settings);
  const isUrlGiven = asked.judgeUrl !== undefined;
  const result = {
    judge,
    isUrlGiven,
    prices: createPrices(provider, judgePrices),
    countTokens: first.countTokens,
  };
  const other = judgeOf(provider).model === null ? null : otherProvider(provider, asked, settings);
  const authorOf = async (of: JudgeProvider): Promise<Judges['variantsAuthor']> => {
    const { judge: author, named } = await open(of, judges[of], 'agreement');
    return { judge: author(named, null), prices: createPrices(of, judgePrices) };
  };
  if (share === 0)
    return { ...result, agreement: null, variantsAuthor: other === null ? null : await authorOf(other) };
  const second = agreementOf(asked, { provider, model: judge.model }, other);
  // One client for one provider, so that it has one limit.
  const opened =
    second.provider === provider
      ? first
      : await open(
          second.provider,
          { ...judges[second.provider], model: second.model ?? judges[second.provider].model },
          'agreement',
        );
  const again = opened.judge(second.model ?? opened.named, null);
  refuseUnheldLimit(asked, again, settings);
  const byAnother = { judge: again, prices: createPrices(second.provider, judgePrices) };
  return {
    ...result,
    agreement: { ...byAnother, share },
    variantsAuthor: second.provider !== provider ? byAnother : other === null ? null : await authorOf(other),
  };
};
