import { challengeOf } from '#auth/authorize.ts';
import { resolveActor } from '#auth/resolve-actor.ts';
import { overBudgetHeaders, overBudgetText, waitHeaders } from '#contracts/budget.ts';
import { AppError, errorCodes } from '#contracts/errors.ts';
import { openDatabase } from '#db/client.ts';
import { createDoor, type RequireKnown, type SpendBudget } from '#door/door.ts';
import { maxSmallBodyBytes } from '#door/request-kind.ts';
import { type Environment, requireVariable } from '#env.ts';
import { hostRuleOf, isLocalMode, isProxyUnnamed, ownUrl } from '#mode.ts';
import { openBudgets } from '#platform/budgets/budgets.ts';
import { addressBudgets, installationBudgets } from '#platform/budgets/policies.ts';
import { createLogger } from '#platform/telemetry/logger.ts';
import { createTracing } from '#platform/telemetry/tracing.ts';
import { NotListed } from '#services/account/index.ts';
import { reportFault } from '#services/ground/index.ts';

/**
 * A process asks for a block of a budget now and then, and who sends a large body. A second connection serves while one is
 * slow.
 */
export const entryConnections = 2;

const signInForLarge = `Without signing in, a request body may have at most ${maxSmallBodyBytes} bytes. Sign in, or send a personal token as Authorization: Bearer <token>.`;

/** Where our own pages are. On loopback a person may use any of the names of this machine. */
const ownOrigins = (environment: Environment): string[] => {
  const { HOST, PORT } = environment;
  const names = isLocalMode(environment) ? ['localhost', '127.0.0.1', '[::1]'] : [];
  if (names.length > 0 && HOST.startsWith('127.')) names.push(HOST);
  return [ownUrl(environment), ...names.map((name) => `http://${name}:${PORT}`)].map(
    (url) => new URL(url).origin,
  );
};

/** The server's entry as the environment sets it up. */
export const openDoor = (environment: Environment) => {
  const { DATABASE_URL, HOST, CORS_ORIGINS, TRUSTED_PROXIES, LOG_LEVEL } = environment;
  const database = openDatabase(requireVariable(DATABASE_URL, 'DATABASE_URL'), { max: entryConnections });
  const logger = createLogger({ level: LOG_LEVEL, secrets: [], tracing: createTracing(null) });
  const budgets = openBudgets(database.db, logger);
  const own = new URL(ownUrl(environment));

  const spend: SpendBudget = async ({ budget, calls }, address) => {
    if (budget === null) return null;
    // Who asks is not known yet. A budget of trials for all would let a few without an account stop everyone's.
    const ofAll = installationBudgets[budget === 'trials' ? 'writes' : budget];
    for (let call = 0; call < calls; call += 1) {
      const over =
        (address === null ? null : await budgets.spend(addressBudgets[budget], address)) ??
        (await budgets.spend(ofAll, 'all'));
      if (over !== null)
        return { status: 429, detail: overBudgetText(over), headers: overBudgetHeaders(over) };
    }
    return null;
  };

  const auth = { db: database.db, url: own.href, signInRule: { allow: environment.SIGN_IN_ALLOW } };
  const whyUnknown = async (headers: Headers): Promise<Error | null> => {
    try {
      const caller = await resolveActor(auth, headers);
      if (caller === null) return new AppError('UNAUTHORIZED', signInForLarge);
      return 'unlisted' in caller ? new NotListed('UNAUTHORIZED') : null;
    } catch (error) {
      return reportFault({ log: logger }, error, { request: 'a large body' });
    }
  };
  const requireKnown: RequireKnown = async ({ authorization, cookie }) => {
    const headers = new Headers();
    if (authorization !== undefined) headers.set('authorization', authorization);
    if (cookie !== undefined) headers.set('cookie', cookie);
    const error = await whyUnknown(headers);
    if (error === null) return null;
    const challenge = challengeOf(headers, error);
    return {
      status: error instanceof AppError ? errorCodes[error.code] : 500,
      detail: error.message,
      headers: { ...waitHeaders(error), ...(challenge === null ? {} : { 'www-authenticate': challenge }) },
    };
  };

  return {
    door: createDoor({
      hosts: hostRuleOf(environment, HOST),
      origins: {
        own: ownOrigins(environment),
        bearer: CORS_ORIGINS,
        publicReads: !isLocalMode(environment),
      },
      addresses: { trusted: TRUSTED_PROXIES, loopbackIsProxy: isProxyUnnamed(environment) },
      secure: own.protocol === 'https:',
      spend,
      requireKnown,
    }),
    close: async () => {
      budgets.close();
      await database.close();
    },
  };
};
