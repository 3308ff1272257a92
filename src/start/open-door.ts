import { openDatabase } from '#db/client.ts';
import { createDoor } from '#door/door.ts';
import { type Environment, requireVariable } from '#env.ts';
import { hostRuleOf, isLocalMode, isProxyUnnamed, ownUrl } from '#mode.ts';
import { openBudgets } from '#platform/budgets/budgets.ts';
import { createLogger } from '#platform/telemetry/logger.ts';
import { createTracing } from '#platform/telemetry/tracing.ts';
import { countRequest } from './count-request.ts';
import { openWhoAsks } from './who-asks.ts';

/**
 * The entry seldom needs the database: for a block of a budget, for who sends a large body, and for who asks once a
 * budget is spent. A second connection serves while one is slow.
 */
export const entryConnections = 2;

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

  const { requireKnown, findSender } = openWhoAsks(environment, {
    db: database.db,
    budgets,
    log: logger,
  });

  return {
    logger,
    door: createDoor({
      hosts: hostRuleOf(environment, HOST),
      origins: {
        own: ownOrigins(environment),
        bearer: CORS_ORIGINS,
        publicReads: !isLocalMode(environment),
      },
      addresses: { trusted: TRUSTED_PROXIES, loopbackIsProxy: isProxyUnnamed(environment) },
      secure: own.protocol === 'https:',
      spend: countRequest(budgets, findSender),
      requireKnown,
      findSender,
    }),
    close: async () => {
      budgets.close();
      await database.close();
    },
  };
};
