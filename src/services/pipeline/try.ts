import { randomUUID } from 'node:crypto';
import { AppError } from '#contracts/errors.ts';
import type { OracleTrial } from '#contracts/run.ts';
import type { TryRequest } from '#contracts/run-request.ts';
import { cleanOracle, type Oracle } from '#verification/oracles/oracle.ts';
import { tryOracle } from '#verification/oracles/try-oracle.ts';
import { cleanTextOf } from '#verification/text/clean-text.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { engineOff } from '../run/admission.ts';
import { runConfigOf } from '../run/config.ts';
import { standingOf } from '../run/standing.ts';
import { targetOf } from '../run/target.ts';
import { newestChanges } from './newest-changes.ts';

/** For reading the newest change and for the answer together: someone waits at a form. */
const trialTimeoutMs = 90_000;

/**
 * The users with a trial under way in this process. A trial makes calls in its caller's name, and a person needs one at a
 * time.
 */
const trying = new Set<string>();

/** The most for all users together: each may clone a repository in the process that serves the pages. */
const maxTrials = 8;

/** An oracle that is still silent when the trial's time is up has failed it, which is what its owner wants to know. */
const inTime = (oracle: Oracle, now: () => Date): Oracle => ({
  ask: async (request, signal) => {
    const startedAt = now().getTime();
    try {
      return await oracle.ask(request, signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
      const latencyMs = now().getTime() - startedAt;
      const detail = `No answer came within ${Math.round(latencyMs / 1000)} seconds, which is as long as a trial waits. A run waits longer.`;
      return { kind: 'failure', reason: 'timeout', detail, httpAnswered: false, latencyMs, retries: 0 };
    }
  },
});

/**
 * Asks an oracle about a repository's newest change. Calls no judge and stores nothing.
 * @throws AppError as `createRun` does; BAD_REQUEST at `repoUrl` if the repository cannot be read in time;
 * TOO_MANY_REQUESTS if this user's last trial, or those of many others, are under way.
 */
export const tryRunOracle = async (
  context: ServiceContext,
  actor: Actor,
  request: TryRequest,
): Promise<OracleTrial> => {
  const { policy } = context;
  if (!policy.engineEnabled) throw new AppError('PRECONDITION_FAILED', engineOff);
  const { target, secrets } = await targetOf(context, await standingOf(context, actor), request);
  if (trying.has(actor.userId))
    throw new AppError('TOO_MANY_REQUESTS', 'Your last trial is still under way. Wait for its answer.');
  if (trying.size >= maxTrials)
    throw new AppError(
      'TOO_MANY_REQUESTS',
      'Others are trying their oracles just now. Try again in a minute.',
    );
  trying.add(actor.userId);
  const signal = AbortSignal.timeout(trialTimeoutMs);
  const clean = cleanTextOf(secrets);
  try {
    const config = runConfigOf(context, { ...request, limit: 1, minReplays: 1 }, target, 'offline');
    const engine = await context.openEngine();
    const [newest] = await newestChanges(engine.source(config, secrets), config, { count: 1, clean, signal });
    if (newest === undefined) throw new Error('A draw of one change came back empty.');
    const trialId = randomUUID();
    const asked = cleanOracle(engine.oracle(config, secrets, trialId), clean);
    try {
      return await tryOracle(inTime(asked, context.now), newest, {
        blinding: config.blinded ? config.seed : null,
        signal,
      });
    } finally {
      await engine.endOracle(trialId);
    }
  } finally {
    trying.delete(actor.userId);
  }
};
