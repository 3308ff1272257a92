import { randomBytes } from 'node:crypto';
import { defaultWeights } from '#contracts/certificate.ts';
import { AppError } from '#contracts/errors.ts';
import { batchesOf, type JudgeProvider, judgeOf, theModelJudges } from '#contracts/judge-providers.ts';
import { redacted } from '#contracts/redacted.ts';
import type { RunConfig } from '#contracts/run.ts';
import type { RunRequest } from '#contracts/run-request.ts';
import type { ServiceContext } from '../ground/context.ts';
import type { RunTarget } from './target.ts';

type Asked = Pick<RunRequest, 'githubToken' | 'limit' | 'minReplays'> &
  Partial<
    Pick<
      RunRequest,
      'since' | 'label' | 'seed' | 'blinded' | 'agreementSample' | 'agreementModel' | 'maxCostUsd' | 'economy'
    >
  >;

const secondOfflineJudge = `The offline judge says the same whenever it is asked, so agreement would show nothing. Leave this out, or choose ${theModelJudges}.`;

const refused = (path: string, message: string) => new AppError('BAD_REQUEST', message, [{ path, message }]);

/**
 * A request as it is stored: its choices with their defaults, without secrets.
 * @throws AppError BAD_REQUEST if the judge cannot do what is asked: agreement, or batches.
 */
export const runConfigOf = (
  { policy }: Pick<ServiceContext, 'policy'>,
  request: Asked,
  target: RunTarget,
  provider: JudgeProvider,
): RunConfig => {
  const { model } = policy.judges[provider];
  if (judgeOf(provider).model === null && request.agreementSample)
    throw refused('agreementSample', secondOfflineJudge);
  if (request.economy && batchesOf(provider) === null)
    throw refused(
      'economy',
      `The ${provider} judge does not judge in batches. Leave this out, or choose a judge that does.`,
    );
  return {
    ...target,
    since: request.since ?? null,
    label: request.label ?? null,
    seed: request.seed ?? randomBytes(16).toString('hex'),
    seedSource: request.seed === undefined ? 'verifier' : 'owner',
    blinded: request.blinded ?? false,
    githubToken: request.githubToken === null ? null : redacted,
    judge: { provider, model },
    agreement: request.agreementSample
      ? { share: request.agreementSample, model: request.agreementModel ?? model }
      : null,
    maxCostUsd: request.maxCostUsd ?? null,
    economy: request.economy ?? false,
    limit: request.limit,
    minReplays: request.minReplays,
    weights: defaultWeights,
  };
};
