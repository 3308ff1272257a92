import type { EstimateRequest, JudgingEstimate, RunEstimate } from '#contracts/estimate.ts';
import { judgeOf } from '#contracts/judge-providers.ts';
import type { RunConfig, RunSecrets } from '#contracts/run.ts';
import { powerOf } from '#verification/statistics/power.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { standingOf } from '../ground/standing.ts';
import { whyNotAdmitted } from './admission.ts';
import { runConfigOf } from './config.ts';
import { inquire, type Waiting } from './inquire.ts';
import { scoreSpreadOf } from './score-spread.ts';
import { allowedSourceOf } from './target.ts';

/** An estimate is the same for every oracle and asks none, so it uses the installation's own. */
const ownOracle: RunConfig['oracle'] = { type: 'http', url: null, headers: {} };

const free: JudgingEstimate['judging'] = {
  least: { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 },
  most: { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 },
  method: 'The offline check makes no call and costs nothing.',
};

/**
 * What the judge would cost for a run as requested, estimated from the repository's newest changes, and what so many
 * replays can tell. Asks neither oracle nor judge; the model's own tokeniser counts the prompts if it is available.
 * @throws AppError as `createRun` and `inquire` do; BAD_REQUEST at `repoUrl` if the repository cannot be read in time.
 */
export const estimateRun = async (
  context: ServiceContext,
  actor: Actor,
  request: EstimateRequest,
  waiting?: Waiting,
): Promise<RunEstimate> => {
  const provider = request.judge ?? context.policy.defaultJudge;
  const standing = await standingOf(context, actor);
  const refusal = await whyNotAdmitted(context, actor, {
    standing,
    address: waiting?.address ?? null,
    judge: provider,
  });
  if (refusal) throw refusal;
  const source = await allowedSourceOf(context, standing, request.repoUrl);
  const secrets: RunSecrets = { githubToken: request.githubToken, oracleUrl: null, oracleHeaders: {} };
  const target = { standing, source, oracle: ownOracle, oracleQuery: null };
  const config = runConfigOf(context, request, target, provider);
  const estimate: JudgingEstimate =
    judgeOf(provider).model === null
      ? {
          judge: provider,
          model: config.judge.model,
          replays: config.limit,
          oracleCalls: config.limit,
          changesRead: 0,
          judging: free,
        }
      : await inquire(context, actor, { kind: 'estimate', config, secrets }, waiting);
  const spread = await scoreSpreadOf(context, config.source, provider);
  const power = powerOf(estimate.replays, spread);
  return { ...estimate, power: power && { ...power, ...spread } };
};
