import { AppError } from '#contracts/errors.ts';
import { type OracleType, oracleTypes, ownFieldsOf } from '#contracts/oracle-types.ts';
import { redacted } from '#contracts/redacted.ts';
import type { RunConfig, RunSecrets, RunSource } from '#contracts/run.ts';
import type { TryRequest } from '#contracts/run-request.ts';
import { mayUseOperatorsMeans, type Standing } from '#contracts/standing.ts';
import type { ServiceContext } from '../ground/context.ts';

/** An address as it may be shown: without its query, which may hold a key. */
export const withoutQuery = (address: string) => {
  const url = new URL(address);
  url.search = '';
  url.hash = '';
  return url.href;
};

export const badField = (path: string, message: string) =>
  new AppError('BAD_REQUEST', message, [{ path, message }]);

const given = <T>(value: T | undefined, path: string): T => {
  if (value === undefined) throw badField(path, 'Required for this type of oracle.');
  return value;
};

/**
 * Why a run of this standing cannot have an oracle of this type, as the error to throw; null if it can. An oracle without
 * an address is a program that runs on the operator's machine.
 */
export const whyNoOracle = (
  { policy }: Pick<ServiceContext, 'policy'>,
  standing: Standing,
  type: OracleType,
): AppError | null => {
  const unavailable = policy.oraclesUnavailable[type];
  if (unavailable !== undefined) return new AppError('PRECONDITION_FAILED', unavailable);
  if (oracleTypes[type].address !== null || mayUseOperatorsMeans(standing)) return null;
  return new AppError(
    'FORBIDDEN',
    'Oracles of this type run on the installation’s own machine. They are open to its owner and to the accounts in PAID_JUDGE_ACCOUNTS; yours is not among them. Serve the callable over HTTP, or ask the operator.',
  );
};

/** @throws AppError PRECONDITION_FAILED and FORBIDDEN as `whyNoOracle` says. */
export const requireOracle = (
  context: Pick<ServiceContext, 'policy'>,
  standing: Standing,
  type: OracleType,
): void => {
  const refusal = whyNoOracle(context, standing, type);
  if (refusal !== null) throw refusal;
};

/** The oracle that a request names, as its run stores it: the fields of its type, without secrets. */
const oracleOf = (
  context: Pick<ServiceContext, 'policy'>,
  standing: Standing,
  request: TryRequest,
): RunConfig['oracle'] => {
  const { address, stored } = oracleTypes[request.oracleType];
  requireOracle(context, standing, request.oracleType);
  const reached = address !== null && {
    url: withoutQuery(given(request.oracleUrl, 'oracleUrl')),
    headers: Object.fromEntries(Object.keys(request.oracleHeaders).map((name) => [name, redacted])),
  };
  const own = ownFieldsOf(request.oracleType).map(({ name, requestName }) => [
    name,
    given(request[requestName], requestName),
  ]);
  return stored.parse({ type: request.oracleType, ...reached, ...Object.fromEntries(own) });
};

/**
 * What a checked `repoUrl` names. GitHub's own host and the configured one are read through its API, `owner/name` is
 * GitHub's; any other https URL is cloned with git.
 * @param githubHost the host of GITHUB_SERVER_URL.
 * @throws AppError BAD_REQUEST if a GitHub URL names no repository.
 */
const sourceOf = (repoUrl: string, githubHost: string): RunSource => {
  const isUrl = /^https:\/\//i.test(repoUrl);
  const url = isUrl ? new URL(repoUrl) : null;
  const onGithub =
    url === null || ['github.com', 'www.github.com', githubHost].includes(url.host.toLowerCase());
  if (url !== null && !onGithub) return { kind: 'git', url: url.href };
  const path = url === null ? repoUrl : url.pathname;
  const [owner, name, ...rest] = path.split('/').filter((part) => part !== '');
  const repository = name?.replace(/\.git$/, '');
  if (owner === undefined || !repository || rest.length > 0)
    throw badField('repoUrl', 'Name the repository itself, for example https://github.com/owner/name.');
  return { kind: 'github', owner, name: repository };
};

/**
 * The repository that a request names, checked against the network rule.
 * @throws AppError BAD_REQUEST at `repoUrl`.
 */
export const allowedSourceOf = async (
  context: Pick<ServiceContext, 'policy' | 'checkOracleUrl'>,
  standing: Standing,
  repoUrl: string,
): Promise<RunConfig['source']> => {
  const source = sourceOf(repoUrl, context.policy.githubHost);
  // A clone is a call from inside this network, just as a call to an oracle is.
  const refused = source.kind === 'git' ? await context.checkOracleUrl(source.url, standing) : null;
  if (refused !== null) throw badField('repoUrl', refused);
  return source;
};

/** What a run calls, as its configuration stores it. */
export type RunTarget = Pick<RunConfig, 'standing' | 'source' | 'oracle' | 'oracleQuery'>;

/**
 * What a request would have called, and with which secrets: repository and oracle, checked against the network rule.
 * @throws AppError BAD_REQUEST with the field; PRECONDITION_FAILED and FORBIDDEN if no oracle of the type can run.
 */
export const targetOf = async (
  context: Pick<ServiceContext, 'policy' | 'checkOracleUrl'>,
  standing: Standing,
  request: TryRequest,
): Promise<{ target: RunTarget; secrets: RunSecrets }> => {
  const oracle = oracleOf(context, standing, request);
  const source = await allowedSourceOf(context, standing, request.repoUrl);
  const oracleUrl = 'url' in oracle ? given(request.oracleUrl, 'oracleUrl') : null;
  const refusedOracle = oracleUrl === null ? null : await context.checkOracleUrl(oracleUrl, standing);
  if (refusedOracle !== null) throw badField('oracleUrl', refusedOracle);
  return {
    target: {
      standing,
      source,
      oracle,
      oracleQuery: oracleUrl !== null && new URL(oracleUrl).search !== '' ? redacted : null,
    },
    secrets: {
      githubToken: request.githubToken,
      oracleUrl,
      oracleHeaders: oracleUrl === null ? {} : request.oracleHeaders,
    },
  };
};
