import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import type { AuthContext } from '#auth/context.ts';
import { byProvider, defaultProvider, type JudgeProvider } from '#contracts/judge-providers.ts';
import { mayCallPrivateAddresses } from '#contracts/standing.ts';
import { requireAgreement } from '#db/applied.ts';
import { openDatabase } from '#db/client.ts';
import { openDatabaseClock } from '#db/clock.ts';
import { readJournal } from '#db/journal.ts';
import { openRunChanges } from '#db/run-changes.ts';
import {
  type Environment,
  judgeSettingsOf,
  proxySettingsOf,
  readEnvironment,
  requireVariable,
} from '#env.ts';
import { isLocalMode, ownUrl } from '#mode.ts';
import { openBudgets } from '#platform/budgets/budgets.ts';
import { keysOf32 } from '#platform/ed25519-key.ts';
import { freeDiskBytes } from '#platform/free-disk.ts';
import { keptCheckpointIn } from '#platform/log/kept-checkpoint.ts';
import { byReach, type GuardedFetch, guardedFetch, type Reach } from '#platform/network/guarded-fetch.ts';
import { proxiedFetch, proxyUrls } from '#platform/network/proxies.ts';
import { endpointOf, type MissingPart, missingFor } from '#platform/open-judge.ts';
import { createSecretBox } from '#platform/secret-box.ts';
import { createLogger } from '#platform/telemetry/logger.ts';
import { type Exposition, openPrometheus } from '#platform/telemetry/prometheus.ts';
import { createTracing, type Tracing } from '#platform/telemetry/tracing.ts';
import { openSender } from '#queue/pg-boss.ts';
import { admitAccount } from '#services/account/index.ts';
import {
  type InstallationPolicy,
  type Readiness,
  readiness,
  type ServiceContext,
} from '#services/ground/index.ts';
import { canHoldLimits } from '#verification/judges/model/prices.ts';

/** What the web process works with. */
export type Composition = {
  environment: Environment;
  services: ServiceContext;
  auth: AuthContext;
  logger: Logger;
  databaseUrl: string;
  /** Whether the process can serve. */
  ready: () => Promise<Readiness>;
  /** The metrics, and the token for reading them. Null: they are read only at METRICS_HOST and METRICS_PORT. */
  metrics: { scrape: () => Promise<Exposition>; token: string | null };
  close: () => Promise<void>;
};

/** Processes are started in the project's folder, by `npm start` and by every deployment that runs its commands. */
export const projectDir = process.cwd();

const missingText = ({ part, name }: MissingPart): string =>
  part === 'package'
    ? `the package ${name} is not installed. Run npm install and start again.`
    : `no ${part === 'url' ? 'address' : part} is configured. Set ${name} and start again.`;

const policyOf = (environment: Environment): InstallationPolicy => {
  const settings = judgeSettingsOf(environment);
  const holdsLimits: InstallationPolicy['canHoldLimits'] = (provider, model) =>
    canHoldLimits(provider, model, environment.JUDGE_PRICES ?? {});
  const whyUnlimited = (provider: JudgeProvider, model: string | null) =>
    model === null || environment.MAX_COST_USD_PER_DAY === undefined || holdsLimits(provider, model)
      ? null
      : `the price of ${model} is unknown, so MAX_COST_USD_PER_DAY cannot be held. State it in JUDGE_PRICES and start again.`;
  const judges = byProvider((provider) => {
    const missing = missingFor(provider, settings[provider], projectDir);
    const { model } = settings[provider];
    return {
      model,
      endpoint: endpointOf(provider, settings[provider]),
      unavailable: missing === null ? whyUnlimited(provider, model) : missingText(missing),
    };
  });
  return {
    engineEnabled: environment.ENGINE_ENABLED,
    local: isLocalMode(environment),
    defaultJudge: defaultProvider((provider) => judges[provider].unavailable === null),
    judges,
    canHoldLimits: holdsLimits,
    paidJudgeAccounts: environment.PAID_JUDGE_ACCOUNTS,
    maxCostUsdPerDay: environment.MAX_COST_USD_PER_DAY ?? null,
    limits: {
      runsAtOnce: environment.MAX_RUNS_AT_ONCE,
      runsPerDay: environment.MAX_RUNS_PER_DAY,
      resumesPerDay: environment.MAX_RESUMES_PER_DAY,
      replaysPerDay: environment.MAX_REPLAYS_PER_DAY,
      queuedRuns: environment.MAX_QUEUED_RUNS,
      strangersEvidence: {
        perDay: environment.MAX_STRANGERS_EVIDENCE_MB_PER_DAY * 1024 * 1024,
        ever: environment.MAX_STRANGERS_EVIDENCE_MB * 1024 * 1024,
      },
      oracle: { atOnce: environment.ORACLE_MAX_CONCURRENT, perMinute: environment.ORACLE_MAX_PER_MINUTE },
      judgeAtOnce: environment.JUDGE_MAX_CONCURRENT_FLEET ?? null,
    },
    retentionDays: {
      replays: environment.RETENTION_DAYS_REPLAYS,
      snapshots: environment.RETENTION_DAYS_SNAPSHOTS,
    },
    oraclesUnavailable:
      environment.PYTHON_ORACLE_DIR === undefined
        ? {
            python:
              'This installation runs no oracles in Python: PYTHON_ORACLE_DIR is not set. Set it to the folder that holds their modules and start again, or serve the callable over HTTP.',
          }
        : {},
    githubHost: new URL(environment.GITHUB_SERVER_URL).host,
  };
};

const oneSecondMs = 1_000;

/** One answer for all who ask within a while: anyone may ask for readiness, and each answer costs statements. */
const shared = <T>(forMs: number, ask: () => Promise<T>): (() => Promise<T>) => {
  let asked: { at: number; answer: Promise<T> } | null = null;
  return () => {
    if (asked === null || performance.now() - asked.at > forMs)
      asked = { at: performance.now(), answer: ask() };
    return asked.answer;
  };
};

/** What both kinds of process work with. */
export type Core = Omit<Composition, 'auth'> & {
  /** Rejects with SchemaMismatch if another version set up the database. */
  requireOwnSchema: () => Promise<void>;
  /** `fetch` under the network rule. */
  guarded: Record<Reach, GuardedFetch>;
};

const authOf = (environment: Environment, services: ServiceContext): AuthContext => ({
  db: services.db,
  log: services.log,
  secret: requireVariable(environment.NEXTAUTH_SECRET, 'NEXTAUTH_SECRET'),
  url: ownUrl(environment),
  signInRule: {
    allow: environment.SIGN_IN_ALLOW,
    admitAccount: (address) => admitAccount(services, address),
  },
  github:
    environment.GITHUB_CLIENT_ID !== undefined && environment.GITHUB_CLIENT_SECRET !== undefined
      ? {
          clientId: environment.GITHUB_CLIENT_ID,
          clientSecret: environment.GITHUB_CLIENT_SECRET,
          serverUrl: environment.GITHUB_SERVER_URL,
          apiUrl: environment.GITHUB_API_URL,
          fetch: proxiedFetch(proxySettingsOf(environment)).fetch,
        }
      : null,
});

/** Some endpoints take their key in the address. */
const secretsInUrl = (address: string): string[] =>
  [...new URL(address).searchParams.values()].filter((secret) => secret.length >= 8);

/** What must not appear anywhere in a log. */
const secretsOf = (environment: Environment): string[] =>
  [
    ...Object.values(judgeSettingsOf(environment)).map(({ key }) => key ?? undefined),
    ...Object.values(judgeSettingsOf(environment)).flatMap(({ url }) =>
      url === null ? [] : secretsInUrl(url),
    ),
    environment.GITHUB_TOKEN,
    environment.GITHUB_CLIENT_SECRET,
    environment.NEXTAUTH_SECRET,
    environment.METRICS_TOKEN,
    environment.OTEL_EXPORTER_OTLP_HEADERS,
    environment.DATABASE_URL && new URL(environment.DATABASE_URL).password,
    ...proxyUrls(proxySettingsOf(environment)).map(
      ({ password }) => decodeURIComponent(password) || undefined,
    ),
    ...(environment.SECRETS_KEY?.split(',') ?? []),
    ...(environment.LOG_KEY?.split(',') ?? []),
    ...(environment.SIGNING_KEY?.split(',') ?? []),
  ].flatMap((secret) => (secret === undefined ? [] : [secret.trim()]));

/** Tracing, if an endpoint is configured; its SDK is loaded only then. */
export const openTracing = async (environment: Environment, service: string) => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = environment;
  if (endpoint === undefined) return { tracing: createTracing(null), close: async () => {} };
  const { openCollector } = await import('#platform/telemetry/collector.ts');
  const logger = createLogger({ level: environment.LOG_LEVEL, secrets: [], tracing: createTracing(null) });
  const { tracer, close } = openCollector(endpoint, service, () =>
    logger.warn({}, 'Traces could not be sent: check OTEL_EXPORTER_OTLP_ENDPOINT'),
  );
  return { tracing: createTracing(tracer), close };
};

export const compose = (environment: Environment, tracing: Tracing): Core => {
  const databaseUrl = requireVariable(environment.DATABASE_URL, 'DATABASE_URL');
  const logger = createLogger({ level: environment.LOG_LEVEL, secrets: secretsOf(environment), tracing });
  const database = openDatabase(databaseUrl);
  const { metrics, scrape } = openPrometheus(database.db);
  const queue = openSender(database.db, tracing.traceparent);
  const runChanges = openRunChanges(databaseUrl);
  const budgets = openBudgets(database.db, logger);
  const clock = openDatabaseClock(database.sql);
  const policy = policyOf(environment);
  const guarded = byReach((reach) =>
    guardedFetch({
      publicOnly: reach === 'public',
      allow: environment.OUTBOUND_ALLOW,
      alwaysAllowedOrigins: [new URL(ownUrl(environment)).origin],
      proxies: proxySettingsOf(environment),
    }),
  );
  const migrations = () => readJournal(join(projectDir, 'drizzle'));
  const dataDir = resolve(environment.DATA_DIR ?? join(projectDir, '.data'));
  return {
    environment,
    databaseUrl,
    logger,
    ready: async () => readiness(database, await migrations()),
    requireOwnSchema: async () => {
      await requireAgreement(database.sql, await migrations());
    },
    metrics: { scrape, token: environment.METRICS_TOKEN ?? null },
    guarded,
    services: {
      db: database.db,
      sender: queue.sender,
      secretBox: createSecretBox(...keysOf32(requireVariable(environment.SECRETS_KEY, 'SECRETS_KEY'))),
      policy,
      checkOracleUrl: (url, standing) =>
        guarded[mayCallPrivateAddresses(standing, policy) ? 'private' : 'public'].checkUrl(url),
      freeDiskBytes: () => freeDiskBytes(dataDir),
      budgets,
      runChanges,
      keptCheckpoint: keptCheckpointIn(dataDir),
      log: logger,
      metrics,
      tracing,
      now: clock.now,
      readClocks: clock.read,
    },
    close: async () => {
      clock.close();
      budgets.close();
      await queue.close();
      await Promise.all([guarded.public.close(), guarded.private.close()]);
      await runChanges.close();
      await database.close();
    },
  };
};

// On globalThis, because in development each recompiled module would otherwise open its own pools.
const held = globalThis as typeof globalThis & {
  echelonComposition?: Composition;
  echelonTracing?: Tracing;
};

/**
 * Opens the web process's tracing before its first request; without this call nothing is traced. Throws
 * EnvironmentError.
 */
export const prepareTracing = async (): Promise<void> => {
  held.echelonTracing ??= (await openTracing(readEnvironment(), 'echelon-verify-web')).tracing;
};

/** The web process's composition, made at the first request and kept. Throws EnvironmentError. */
export const getComposition = (): Composition => {
  if (held.echelonComposition === undefined) {
    const core = compose(readEnvironment(), held.echelonTracing ?? createTracing(null));
    held.echelonComposition = {
      ...core,
      ready: shared(oneSecondMs, core.ready),
      auth: authOf(core.environment, core.services),
    };
  }
  return held.echelonComposition;
};
