import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { type Core, compose, openTracing, projectDir } from '#composition.ts';
import { type JudgeProvider, judgeProviders } from '#contracts/judge-providers.ts';
import {
  type Environment,
  judgeSettingsOf,
  proxySettingsOf,
  readEnvironment,
  requireVariable,
} from '#env.ts';
import { ownUrl, publicAddressOf } from '#mode.ts';
import { hasSystemLimits } from '#platform/children/start-child.ts';
import { ed25519Signer, keysOf32 } from '#platform/ed25519-key.ts';
import { engineIn } from '#platform/engine-version.ts';
import { witnessAt } from '#platform/log/witnesses.ts';
import { proxiedFetch } from '#platform/network/proxies.ts';
import { type OpenJudge, openJudge } from '#platform/open-judge.ts';
import { createEngine, type Engine } from '#platform/open-ports.ts';
import { openStrangersCalls } from '#services/calls/index.ts';
import type { InstallationPolicy, WorkerContext } from '#services/ground/index.ts';
import { PythonUnusable } from '#verification/oracles/python-session.ts';

/** What a worker process works with: the services, and the engine's ports, which no web process opens. */
export type WorkerComposition = Omit<Core, 'services' | 'guarded'> & { worker: WorkerContext };

/** The judges that can be used here. */
const openJudges = async (
  environment: Environment,
  { judges }: InstallationPolicy,
): Promise<Map<JudgeProvider, OpenJudge>> => {
  const settings = judgeSettingsOf(environment);
  const ports = {
    prices: environment.JUDGE_PRICES ?? {},
    maxConcurrent: environment.JUDGE_MAX_CONCURRENT,
    fetch: proxiedFetch(proxySettingsOf(environment)).fetch,
  };
  const usable = judgeProviders.filter((provider) => judges[provider].unavailable === null);
  return new Map(
    await Promise.all(
      usable.map(
        async (provider) => [provider, await openJudge(provider, settings[provider], ports)] as const,
      ),
    ),
  );
};

/** One line for each bound that this machine lacks or that an operator should know. */
const sayWhatBoundsChildren = async (
  { PYTHON_ORACLE_DIR }: Environment,
  engine: Engine,
  logger: Logger,
): Promise<void> => {
  if (!hasSystemLimits())
    logger.warn(
      {},
      'This system does not limit memory, processor time and files of git and Python: only the clock and the size of their output bound them',
    );
  if (PYTHON_ORACLE_DIR === undefined) return;
  try {
    const { kind, statement } = await engine.pythonBoundary();
    logger[kind === 'sandbox' ? 'info' : 'warn']({ boundary: kind }, statement);
  } catch (error) {
    if (!(error instanceof PythonUnusable)) throw error;
    logger.warn({}, error.message);
  }
};

/** A worker process's composition. Throws EnvironmentError. */
export const getWorkerComposition = async (): Promise<WorkerComposition> => {
  const environment = readEnvironment();
  const traces = await openTracing(environment, 'echelon-verify-worker');
  const { services, guarded, ...composition } = compose(environment, traces.tracing);
  // Before the first job: its times must not be by this machine's clock.
  await services.readClocks();
  const { policy, metrics, tracing } = services;
  const dataDir = resolve(environment.DATA_DIR ?? join(projectDir, '.data'));
  const engine = createEngine({
    githubApiUrl: environment.GITHUB_API_URL,
    githubServerUrl: environment.GITHUB_SERVER_URL,
    repositoriesDir: join(dataDir, 'repositories'),
    now: services.now,
    githubToken: environment.GITHUB_TOKEN ?? null,
    projectDir,
    searchPath: environment.PATH,
    local: policy.local,
    pythonOracleDir: environment.PYTHON_ORACLE_DIR ?? null,
    pythonOracleNetwork: environment.PYTHON_ORACLE_NETWORK,
    dataDir,
    outboundAllow: environment.OUTBOUND_ALLOW,
    demonstrationOracleUrl: new URL('/api/demo-oracle', ownUrl(environment)).href,
    guarded,
    proxies: proxySettingsOf(environment),
    extraAuthorities: environment.NODE_EXTRA_CA_CERTS ?? null,
    judges: await openJudges(environment, policy),
    judgePrices: environment.JUDGE_PRICES ?? {},
    metrics,
    tracing,
    log: composition.logger,
  });
  await sayWhatBoundsChildren(environment, engine, composition.logger);
  return {
    ...composition,
    worker: {
      ...services,
      engine,
      sequencer: {
        keys: keysOf32(requireVariable(environment.LOG_KEY, 'LOG_KEY')).map(ed25519Signer),
        publicAddress: publicAddressOf(environment),
        witnesses: environment.WITNESSES.map((witness) =>
          witnessAt(witness, proxiedFetch(proxySettingsOf(environment)).fetch),
        ),
      },
      issuer: {
        keys: keysOf32(requireVariable(environment.SIGNING_KEY, 'SIGNING_KEY')).map(ed25519Signer),
        engine: await engineIn(projectDir),
      },
      strangersCalls: openStrangersCalls(),
    },
    close: async () => {
      await engine.close();
      await composition.close();
      await traces.close();
    },
  };
};
