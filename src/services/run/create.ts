import type { RunRequest } from '#contracts/run-request.ts';
import type { Actor, ServiceContext } from '../ground/context.ts';
import { standingOf } from '../ground/standing.ts';
import { whyNotAdmitted } from './admission.ts';
import { runConfigOf } from './config.ts';
import { insertRun, type RunCreated } from './insert.ts';
import { targetOf } from './target.ts';

/**
 * Accepts a run: PENDING, 0 of 0, with its ingestion queued.
 * @param address the client's, as the server's entry names it; null where clients cannot be told apart.
 * @throws AppError PRECONDITION_FAILED (nothing can be carried out; says what to configure), SERVICE_UNAVAILABLE (no room for it), FORBIDDEN and
 * TOO_MANY_REQUESTS (the paid judge), BAD_REQUEST with the field.
 */
export const createRun = async (
  context: ServiceContext,
  actor: Actor,
  request: RunRequest,
  address: string | null = null,
): Promise<RunCreated> => {
  const { policy } = context;
  const judge = request.judge ?? policy.defaultJudge;
  const standing = await standingOf(context, actor);
  const refusal = await whyNotAdmitted(context, actor, {
    standing,
    address,
    judge,
    start: { replays: request.limit },
  });
  if (refusal) throw refusal;
  const { target, secrets } = await targetOf(context, standing, request);

  const config = runConfigOf(context, request, target, judge);
  const { constructId, repoUrl } = request;
  return insertRun(context, actor, { constructId, repoUrl, config, secrets }, address);
};
