import { randomBytes } from 'node:crypto';
import { AppError } from '#contracts/errors.ts';
import { type RunRequest, redacted } from '#contracts/run.ts';
import type { Actor, ServiceContext } from '../context.ts';
import { whyNotAdmitted } from './admission.ts';
import { defaultWeights } from './defaults.ts';
import { insertRun, type RunCreated } from './insert.ts';
import { sourceOf } from './repository.ts';

/** An address as it may be shown: a query may hold a key. */
const withoutQuery = (address: string) => {
  const url = new URL(address);
  url.search = '';
  url.hash = '';
  return url.href;
};

const badField = (path: string, message: string) => new AppError('BAD_REQUEST', message, [{ path, message }]);

/**
 * Accepts a run of an HTTP oracle: it stands PENDING with 0 of 0, its ingestion queued.
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
  if (request.oracleType === 'python')
    throw new AppError(
      'PRECONDITION_FAILED',
      'Python oracles are not available in this version. Serve the callable over HTTP and give its address as an http oracle.',
    );
  if (request.oracleUrl === undefined)
    throw badField('oracleUrl', 'Required where the oracle’s type is http.');
  const source = sourceOf(request.repoUrl, policy.githubHost);
  // A clone is a call from inside this network as much as an oracle's is.
  const refusedRepository = source.kind === 'git' ? await context.checkOracleUrl(source.url) : null;
  if (refusedRepository !== null) throw badField('repoUrl', refusedRepository);
  const refusedOracle = await context.checkOracleUrl(request.oracleUrl);
  if (refusedOracle !== null) throw badField('oracleUrl', refusedOracle);

  return insertRun(context, actor, {
    constructId: request.constructId,
    repoUrl: request.repoUrl,
    config: {
      source,
      since: request.since ?? null,
      label: request.label ?? null,
      seed: request.seed ?? randomBytes(16).toString('hex'),
      blinded: request.blinded ?? false,
      oracle: {
        type: 'http',
        url: withoutQuery(request.oracleUrl),
        headers: Object.fromEntries(
          Object.keys(request.oracleHeaders).map((name) => [name, redacted] as const),
        ),
      },
      githubToken: request.githubToken === null ? null : redacted,
      judge: { provider: judge, model: policy.judges[judge].model },
      limit: request.limit,
      minReplays: request.minReplays,
      weights: defaultWeights,
    },
    secrets: {
      githubToken: request.githubToken,
      oracleUrl: request.oracleUrl,
      oracleHeaders: request.oracleHeaders,
    },
  });
};
