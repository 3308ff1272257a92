import { randomBytes } from 'node:crypto';
import { defaultWeights } from '#contracts/certificate.ts';
import { AppError } from '#contracts/errors.ts';
import {
  batchesOf,
  type JudgeIdentity,
  type JudgeProvider,
  judgeOf,
  otherProviderThan,
  theModelJudges,
} from '#contracts/judge-providers.ts';
import { redacted } from '#contracts/redacted.ts';
import type { RunConfig } from '#contracts/run.ts';
import { defaultBaselineReplays, type RunRequest } from '#contracts/run-request.ts';
import type { ServiceContext } from '../ground/context.ts';
import type { RunTarget } from './target.ts';

type Asked = Pick<RunRequest, 'githubToken' | 'limit' | 'minReplays'> &
  Partial<
    Pick<
      RunRequest,
      | 'since'
      | 'label'
      | 'modelCutoff'
      | 'seed'
      | 'blinded'
      | 'baselineReplays'
      | 'model'
      | 'agreementSample'
      | 'agreementJudge'
      | 'agreementModel'
      | 'maxCostUsd'
      | 'economy'
    >
  >;

const secondOfflineJudge = `The offline check says the same whenever it is asked, so agreement would show nothing. Leave this out, or choose ${theModelJudges}.`;

const refused = (path: string, message: string) => new AppError('BAD_REQUEST', message, [{ path, message }]);

type Policy = Pick<ServiceContext, 'policy'>;

/** The judge as this installation has it configured, with another model if one is named. */
const identityOf = ({ policy }: Policy, provider: JudgeProvider, named?: string): JudgeIdentity => {
  const { model, endpoint } = policy.judges[provider];
  const chosen = named ?? model;
  if (chosen === null) throw new Error(`The ${provider} judge has no model.`);
  return { provider, model: chosen, endpoint };
};

const otherJudge = (
  context: Policy,
  { maxCostUsd }: Pick<Asked, 'maxCostUsd'>,
  own: JudgeProvider,
): JudgeIdentity | null => {
  const { judges, canHoldLimits, maxCostUsdPerDay } = context.policy;
  const other = otherProviderThan(own, (provider) => {
    const { model, unavailable } = judges[provider];
    if (unavailable !== null || model === null) return false;
    return (maxCostUsd === undefined && maxCostUsdPerDay === null) || canHoldLimits(provider, model);
  });
  return other === null ? null : identityOf(context, other);
};

/**
 * The judge for agreement: the one asked for, else a model of another provider where one is configured, else the run's
 * own.
 * @throws AppError BAD_REQUEST if it cannot be asked.
 */
const agreementJudge = (context: Policy, request: Asked, own: JudgeProvider): JudgeIdentity => {
  const { agreementJudge: asked, agreementModel, model } = request;
  const { judges } = context.policy;
  if (asked !== undefined) {
    if (judgeOf(asked).model === null) throw refused('agreementJudge', secondOfflineJudge);
    const { unavailable } = judges[asked];
    if (unavailable !== null)
      throw refused('agreementJudge', `The ${asked} judge is not available: ${unavailable}`);
    return identityOf(context, asked, agreementModel);
  }
  // A model that is named without a provider is one of the run's own.
  const other = agreementModel === undefined ? otherJudge(context, request, own) : null;
  return other ?? identityOf(context, own, agreementModel ?? model);
};

/** Who writes every second change's variants: the judge for agreement if it is of another provider, else any other. */
const variantsAuthorOf = (
  context: Policy,
  request: Asked,
  { own, agreement }: { own: JudgeProvider; agreement: RunConfig['agreement'] },
): JudgeIdentity | null => {
  if (judgeOf(own).model === null) return null;
  if (agreement === null || agreement.provider === own) return otherJudge(context, request, own);
  const { share: _, ...judge } = agreement;
  return judge;
};

/** @throws AppError BAD_REQUEST if a limit in US dollars is asked for, or holds for all runs, and cannot be held. */
export const requireLimits = (
  { policy }: Policy,
  { judge, agreement, maxCostUsd }: Pick<RunConfig, 'judge' | 'agreement' | 'maxCostUsd'>,
): void => {
  for (const [path, identity] of [
    ['judge', judge],
    ['agreementModel', agreement],
  ] as const) {
    if (identity === null) continue;
    const { provider, model } = identity;
    if (policy.canHoldLimits(provider, model)) continue;
    const unknown = `The price of ${model} is unknown, so`;
    const state = 'the operator can state the price in JUDGE_PRICES.';
    if (maxCostUsd !== null)
      throw refused('maxCostUsd', `${unknown} no cost limit can be held. Leave it out, or ${state}`);
    if (policy.maxCostUsdPerDay !== null)
      throw refused(path, `${unknown} the installation’s daily limit cannot be held: ${state}`);
  }
};

/**
 * A request as it is stored: its choices with their defaults, without secrets.
 * @throws AppError BAD_REQUEST if the judge cannot do what is asked: agreement, batches, or a limit.
 */
export const runConfigOf = (
  context: Policy,
  request: Asked,
  target: RunTarget,
  provider: JudgeProvider,
): RunConfig => {
  if (judgeOf(provider).model === null && request.agreementSample)
    throw refused('agreementSample', secondOfflineJudge);
  if (request.economy && batchesOf(provider) === null)
    throw refused(
      'economy',
      `The ${provider} judge does not judge in batches. Leave this out, or choose a judge that does.`,
    );
  if (judgeOf(provider).model === null && request.model !== undefined)
    throw refused(
      'model',
      `The offline check has no model to choose. Leave this out, or choose ${theModelJudges} as judge.`,
    );
  const judge = identityOf(context, provider, request.model);
  const agreement = request.agreementSample
    ? { ...agreementJudge(context, request, provider), share: request.agreementSample }
    : null;
  const maxCostUsd = request.maxCostUsd ?? null;
  requireLimits(context, { judge, agreement, maxCostUsd });
  return {
    ...target,
    since: request.since ?? null,
    label: request.label ?? null,
    modelCutoff: request.modelCutoff ?? null,
    seed: request.seed ?? randomBytes(16).toString('hex'),
    seedSource: request.seed === undefined ? 'verifier' : 'owner',
    blinded: request.blinded ?? false,
    githubToken: request.githubToken === null ? null : redacted,
    judge,
    agreement,
    variantsAuthor: variantsAuthorOf(context, request, { own: provider, agreement }),
    maxCostUsd,
    economy: request.economy ?? false,
    limit: request.limit,
    minReplays: request.minReplays,
    baselineReplays: request.baselineReplays ?? defaultBaselineReplays,
    weights: defaultWeights,
  };
};
