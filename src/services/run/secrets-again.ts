import { redacted } from '#contracts/redacted.ts';
import type { RunConfig, RunSecrets } from '#contracts/run.ts';
import type { ContinueRequest } from '#contracts/run-request.ts';
import type { ServiceContext } from '../ground/context.ts';
import { badField, requireOracle, withoutQuery } from './target.ts';

/**
 * The secrets of a run that is resumed or retried. Its own were erased when it ended, so the owner gives them again: the
 * headers by the names that it had, and the oracle's address if that had a query. It must be the same oracle.
 * @param needsToken whether the repository will be read again.
 * @throws AppError BAD_REQUEST with the field; FORBIDDEN and PRECONDITION_FAILED as `requireOracle`.
 */
export const secretsAgain = async (
  context: Pick<ServiceContext, 'policy' | 'checkOracleUrl'>,
  { standing, oracle, oracleQuery, githubToken }: RunConfig,
  request: ContinueRequest,
  needsToken: boolean,
): Promise<RunSecrets> => {
  if (needsToken && githubToken === redacted && request.githubToken === null)
    throw badField(
      'githubToken',
      'The run had a GitHub token, which was erased when it ended. Give it again.',
    );
  requireOracle(context, standing, oracle.type);
  if (!('url' in oracle) || oracle.url === null)
    return { githubToken: request.githubToken, oracleUrl: null, oracleHeaders: {} };
  // HTTP header names ignore case.
  const given = new Set(Object.keys(request.oracleHeaders).map((name) => name.toLowerCase()));
  const missing = Object.keys(oracle.headers).filter((name) => !given.has(name.toLowerCase()));
  if (missing.length > 0)
    throw badField(
      'oracleHeaders',
      `The values of headers were erased when the run ended. Give them again: ${missing.join(', ')}.`,
    );
  const known = new Set(Object.keys(oracle.headers).map((name) => name.toLowerCase()));
  const strange = Object.keys(request.oracleHeaders).filter((name) => !known.has(name.toLowerCase()));
  if (strange.length > 0)
    throw badField(
      'oracleHeaders',
      `The run’s oracle was called without these headers: ${strange.join(', ')}. Start a new run with them.`,
    );
  if (oracleQuery === redacted && request.oracleUrl === undefined)
    throw badField(
      'oracleUrl',
      'The oracle’s address had a query, which was erased when the run ended. Give the whole address again.',
    );
  const oracleUrl = request.oracleUrl ?? oracle.url;
  if (withoutQuery(oracleUrl) !== oracle.url)
    throw badField('oracleUrl', `The run’s oracle is at ${oracle.url}. Start a new run for another one.`);
  const refused = await context.checkOracleUrl(oracleUrl, standing);
  if (refused !== null) throw badField('oracleUrl', refused);
  return { githubToken: request.githubToken, oracleUrl, oracleHeaders: request.oracleHeaders };
};
