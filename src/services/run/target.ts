import { AppError } from '#contracts/errors.ts';
import { type RunConfig, type RunSecrets, redacted } from '#contracts/run.ts';
import type { TryRequest } from '#contracts/run-request.ts';
import type { ServiceContext } from '../ground/context.ts';
import { sourceOf } from './repository.ts';

/** An address as it may be shown: a query may hold a key. */
const withoutQuery = (address: string) => {
  const url = new URL(address);
  url.search = '';
  url.hash = '';
  return url.href;
};

const badField = (path: string, message: string) => new AppError('BAD_REQUEST', message, [{ path, message }]);

const given = <T>(value: T | undefined, path: string): T => {
  if (value === undefined) throw badField(path, 'Required for this type of oracle.');
  return value;
};

const oracleOf = ({ policy }: Pick<ServiceContext, 'policy'>, request: TryRequest): RunConfig['oracle'] => {
  if (request.oracleType === 'python') {
    if (policy.pythonUnavailable !== null)
      throw new AppError('PRECONDITION_FAILED', policy.pythonUnavailable);
    return {
      type: 'python',
      module: given(request.oracleModule, 'oracleModule'),
      callable: given(request.oracleCallable, 'oracleCallable'),
    };
  }
  const reached = {
    url: withoutQuery(given(request.oracleUrl, 'oracleUrl')),
    headers: Object.fromEntries(Object.keys(request.oracleHeaders).map((name) => [name, redacted] as const)),
  };
  switch (request.oracleType) {
    case 'http':
      return { type: 'http', ...reached };
    case 'mcp':
      return { type: 'mcp', ...reached, tool: given(request.oracleTool, 'oracleTool') };
    case 'chat':
      return { type: 'chat', ...reached, model: given(request.oracleModel, 'oracleModel') };
  }
};

/**
 * The repository that a request names, held against the network rule.
 * @throws AppError BAD_REQUEST at `repoUrl`.
 */
export const allowedSourceOf = async (
  context: Pick<ServiceContext, 'policy' | 'checkOracleUrl'>,
  repoUrl: string,
): Promise<RunConfig['source']> => {
  const source = sourceOf(repoUrl, context.policy.githubHost);
  // A clone is a call from inside this network as much as an oracle's is.
  const refused = source.kind === 'git' ? await context.checkOracleUrl(source.url) : null;
  if (refused !== null) throw badField('repoUrl', refused);
  return source;
};

/**
 * Whom a request would have called, and with what: the repository and the oracle, held against the network rule.
 * @throws AppError BAD_REQUEST with the field; PRECONDITION_FAILED where Python oracles are not configured.
 */
export const targetOf = async (
  context: Pick<ServiceContext, 'policy' | 'checkOracleUrl'>,
  request: TryRequest,
): Promise<{ source: RunConfig['source']; oracle: RunConfig['oracle']; secrets: RunSecrets }> => {
  const oracle = oracleOf(context, request);
  const source = await allowedSourceOf(context, request.repoUrl);
  const oracleUrl = oracle.type === 'python' ? null : given(request.oracleUrl, 'oracleUrl');
  const refusedOracle = oracleUrl === null ? null : await context.checkOracleUrl(oracleUrl);
  if (refusedOracle !== null) throw badField('oracleUrl', refusedOracle);
  return {
    source,
    oracle,
    secrets: {
      githubToken: request.githubToken,
      oracleUrl,
      oracleHeaders: oracleUrl === null ? {} : request.oracleHeaders,
    },
  };
};
