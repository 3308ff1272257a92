import { randomBytes } from 'node:crypto';
import { type RunRequest, redacted } from '#contracts/run.ts';
import type { Actor, ServiceContext } from '../context.ts';
import { whyNotAdmitted } from './admission.ts';
import { defaultWeights } from './defaults.ts';
import { insertRun, type RunCreated } from './insert.ts';
import { targetOf } from './target.ts';

/**
 * Accepts a run: it stands PENDING with 0 of 0, its ingestion queued.
 * @throws AppError PRECONDITION_FAILED (nothing can be carried out; says what to configure), FORBIDDEN and
 * TOO_MANY_REQUESTS (the paid judge), BAD_REQUEST with the field.
 */
export const createRun = async (
  context: ServiceContext,
  actor: Actor,
  request: RunRequest,
): Promise<RunCreated> => {
  const { policy } = context;
  const judge = request.judge ?? policy.defaultJudge;
  const refusal = await whyNotAdmitted(context, actor, judge);
  if (refusal) throw refusal;
  const { source, oracle, secrets } = await targetOf(context, request);

  return insertRun(context, actor, {
    constructId: request.constructId,
    repoUrl: request.repoUrl,
    config: {
      source,
      since: request.since ?? null,
      label: request.label ?? null,
      seed: request.seed ?? randomBytes(16).toString('hex'),
      blinded: request.blinded ?? false,
      oracle,
      githubToken: request.githubToken === null ? null : redacted,
      judge: { provider: judge, model: policy.judges[judge].model },
      limit: request.limit,
      minReplays: request.minReplays,
      weights: defaultWeights,
    },
    secrets,
  });
};
