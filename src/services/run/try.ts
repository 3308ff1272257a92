import { randomUUID } from 'node:crypto';
import { AppError } from '#contracts/errors.ts';
import { type OracleTrial, type RunConfig, redacted, type TryRequest } from '#contracts/run.ts';
import { tryOracle } from '#verification/oracles/try-oracle.ts';
import { SourceError } from '#verification/sources/source.ts';
import type { Actor, ServiceContext } from '../context.ts';
import { cleanOracle } from '../replay/ports.ts';
import { engineOff } from './admission.ts';
import { cleanTextOf } from './clean-text.ts';
import { defaultWeights } from './defaults.ts';
import { targetOf } from './target.ts';

/** For reading the newest change and for the answer together: someone is waiting at a form. */
export const trialTimeoutMs = 90_000;

/**
 * Who is trying just now, in this process: a trial makes calls in its caller's name, and one at a time is all that a
 * person needs.
 */
const trying = new Set<string>();

/**
 * Asks an oracle about the newest change of a repository. Calls no judge and keeps nothing.
 * @throws AppError as `createRun` does; BAD_REQUEST at `repoUrl` where the repository cannot be read or nothing came
 * in time; TOO_MANY_REQUESTS where this user's last trial still goes on.
 */
export const tryRunOracle = async (
  context: ServiceContext,
  actor: Actor,
  request: TryRequest,
): Promise<OracleTrial> => {
  const { policy } = context;
  if (!policy.engineEnabled) throw new AppError('PRECONDITION_FAILED', engineOff);
  const { source, oracle, secrets } = await targetOf(context, request);
  if (trying.has(actor.userId))
    throw new AppError('TOO_MANY_REQUESTS', 'Your last trial is still going on. Wait for its answer.');
  trying.add(actor.userId);
  const signal = AbortSignal.timeout(trialTimeoutMs);
  try {
    const clean = cleanTextOf(secrets);
    const engine = await context.openEngine();
    const config: RunConfig = {
      source,
      since: request.since ?? null,
      label: request.label ?? null,
      seed: '',
      blinded: false,
      oracle,
      githubToken: request.githubToken === null ? null : redacted,
      judge: { provider: 'offline', model: policy.judges.offline.model },
      limit: 1,
      minReplays: 1,
      weights: defaultWeights,
    };
    const { since, label, seed } = config;
    const draw = await engine
      .source(config, secrets)
      .draw({ limit: 1, reserve: 0, seed, since, label, order: 'newest', signal });
    const [newest] = draw.drawn;
    if (newest === undefined) throw new Error('A draw of one change came back empty.');
    return await tryOracle(cleanOracle(engine.oracle(config, secrets, randomUUID()), clean), newest, signal);
  } catch (error) {
    const problem = signal.aborted
      ? `The newest change and its answer did not come within ${trialTimeoutMs / 1000} seconds. A run waits longer.`
      : error instanceof SourceError
        ? cleanTextOf(secrets)(error.message)
        : null;
    if (problem === null) throw error;
    throw new AppError('BAD_REQUEST', problem, [{ path: 'repoUrl', message: problem }]);
  } finally {
    trying.delete(actor.userId);
  }
};
