import { AppError } from '#contracts/errors.ts';
import type { OracleTrial } from '#contracts/run.ts';
import type { TryRequest } from '#contracts/run-request.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { standingOf } from '../ground/standing.ts';
import { engineOff } from './admission.ts';
import { runConfigOf } from './config.ts';
import { inquire, type Waiting } from './inquire.ts';
import { targetOf } from './target.ts';

/**
 * Asks an oracle about a repository's newest change. Calls no judge and keeps nothing.
 * @throws AppError as `createRun` and `inquire` do; BAD_REQUEST at `repoUrl` if the repository cannot be read in time.
 */
export const tryRunOracle = async (
  context: ServiceContext,
  actor: Actor,
  request: TryRequest,
  waiting?: Waiting,
): Promise<OracleTrial> => {
  if (!context.policy.engineEnabled) throw new AppError('PRECONDITION_FAILED', engineOff);
  const { target, secrets } = await targetOf(context, await standingOf(context, actor), request);
  const config = runConfigOf(context, { ...request, limit: 1, minReplays: 1 }, target, 'offline');
  return inquire(context, actor, { kind: 'trial', config, secrets }, waiting);
};
