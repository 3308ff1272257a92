import { AppError } from '#contracts/errors.ts';
import type { EstimateRequest, RunEstimate } from '#contracts/estimate.ts';
import { judgeOf } from '#contracts/judge-providers.ts';
import type { RunConfig, RunSecrets } from '#contracts/run.ts';
import { estimateJudging } from '#verification/judges/model/estimate.ts';
import { cleanTextOf } from '#verification/text/clean-text.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { whyNotAdmitted } from '../run/admission.ts';
import { runConfigOf } from '../run/config.ts';
import { standingOf } from '../run/standing.ts';
import { allowedSourceOf } from '../run/target.ts';
import { newestChanges } from './newest-changes.ts';

/** Enough to know how large a repository's changes are, few enough to read while someone waits. */
const changesRead = 10;
const timeoutMs = 60_000;

/** The users whose estimate is being made in this process: each reads from a repository. */
const estimating = new Set<string>();
const mostAtOnce = 8;

/** An estimate is the same for every oracle and asks none, so it uses the installation's own. */
const ownOracle: RunConfig['oracle'] = { type: 'http', url: null, headers: {} };

const free: RunEstimate['judging'] = {
  least: { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 },
  most: { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 },
  method: 'The offline judge makes no call and costs nothing.',
};

/**
 * What the judge would cost for a run as requested, estimated from the repository's newest changes. Asks neither oracle
 * nor judge; the model's own tokeniser counts the prompts if it is available.
 * @throws AppError as `createRun` does; BAD_REQUEST at `repoUrl` if the repository cannot be read in time;
 * TOO_MANY_REQUESTS if this user's last estimate, or those of many others, are still being made.
 */
export const estimateRun = async (
  context: ServiceContext,
  actor: Actor,
  request: EstimateRequest,
): Promise<RunEstimate> => {
  const provider = request.judge ?? context.policy.defaultJudge;
  const standing = await standingOf(context, actor);
  const refusal = await whyNotAdmitted(context, actor, standing, provider);
  if (refusal) throw refusal;
  const source = await allowedSourceOf(context, standing, request.repoUrl);
  const secrets: RunSecrets = { githubToken: request.githubToken, oracleUrl: null, oracleHeaders: {} };
  const config = runConfigOf(
    context,
    request,
    { standing, source, oracle: ownOracle, oracleQuery: null },
    provider,
  );
  const common = { judge: provider, model: config.judge.model };
  if (judgeOf(provider).model === null)
    return { ...common, replays: config.limit, oracleCalls: config.limit, changesRead: 0, judging: free };
  if (estimating.has(actor.userId) || estimating.size >= mostAtOnce)
    throw new AppError('TOO_MANY_REQUESTS', 'Other estimates are under way. Try again in a minute.');
  estimating.add(actor.userId);
  try {
    const engine = await context.openEngine();
    const count = Math.min(changesRead, config.limit);
    const changes = await newestChanges(engine.source(config, secrets), config, {
      count,
      clean: cleanTextOf(secrets),
      signal: AbortSignal.timeout(timeoutMs),
    });
    // If fewer are found than were asked for, there are no more.
    const replays = changes.length < count ? changes.length : config.limit;
    const judging = await estimateJudging({
      changes,
      replays,
      provider,
      model: config.judge.model,
      prices: engine.prices(provider),
      economy: config.economy,
      agreement: config.agreement,
      countTokens: engine.countTokens(provider),
    });
    return { ...common, replays, oracleCalls: replays, changesRead: changes.length, judging };
  } finally {
    estimating.delete(actor.userId);
  }
};
