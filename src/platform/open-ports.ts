import { setTimeout as delay } from 'node:timers/promises';
import { type JudgeIdentity, type JudgeProvider, variablesOf } from '#contracts/judge-providers.ts';
import type { OracleChoice } from '#contracts/oracle-types.ts';
import type { RunConfig, RunSecrets } from '#contracts/run.ts';
import { mayCallPrivateAddresses, mayUseOperatorsMeans } from '#contracts/standing.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { BatchClient, BatchDesk } from '#verification/judges/model/batches.ts';
import type { CountTokens } from '#verification/judges/model/model-client.ts';
import { createPrices, type PriceOverrides, type Prices } from '#verification/judges/model/prices.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import type { GroundTruthSource } from '#verification/sources/source.ts';
import { gitRunner } from './git/run-git.ts';
import { byReach, type GuardedFetch, type Reach } from './network/guarded-fetch.ts';
import { pinAddress } from './network/pin-address.ts';
import { proxiedFetch } from './network/proxies.ts';
import { observedBatches, observedJudge, observedOracle } from './observed-ports.ts';
import type { OpenJudge } from './open-judge.ts';
import { oracleOpener, runOracles } from './open-oracle.ts';
import { openSource, type SourceSettings } from './open-source.ts';
import { findBoundary, type PythonBoundary } from './python/python-boundary.ts';
import { steadyNow } from './steady-clock.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { observedGit, observedGitHubFetch } from './telemetry/observed-fetch.ts';
import type { Tracing } from './telemetry/tracing.ts';

/** The engine's ports. Its methods open them for one run. */
export type Engine = {
  source(config: RunConfig, secrets: RunSecrets): GroundTruthSource;
  /** Gives a run the same oracle each time if the oracle has a process to keep. */
  oracle(config: RunConfig, secrets: RunSecrets, runId: string): Oracle;
  /** Ends what the oracle of one run has started, once it will not be asked again. */
  endOracle(runId: string): Promise<void>;
  /** @param batches for a judge whose calls wait for a batch; null: each call is made at once. */
  judge(choice: Pick<JudgeIdentity, 'provider' | 'model'>, batches: BatchDesk | null): Judge;
  /** Whether this process has a provider's judge. */
  hasJudge(provider: JudgeProvider): boolean;
  /** The prices of a provider's models. */
  prices(provider: JudgeProvider): Prices;
  /** Counts prompts with the model's own tokeniser. Null when the installation has no key for it. */
  countTokens(provider: JudgeProvider): CountTokens | null;
  /** One for each provider that judges in batches and can be used here. */
  batches: ReadonlyMap<JudgeProvider, BatchClient>;
  /** What keeps Python oracles from the rest of this machine. Rejects with PythonUnusable without Python. */
  pythonBoundary(): Promise<PythonBoundary>;
  /** Ends everything the ports have started. */
  close(): Promise<void>;
};

/** The settings of the engine's ports. */
export type EngineSettings = Omit<SourceSettings, 'limitWaitMs' | 'fetch' | 'runGit' | 'cloning'> & {
  /** PATH for child processes. */
  searchPath: string;
  /** Modules of Python oracles are loaded only from below this folder; null: from nowhere. */
  pythonOracleDir: string | null;
  /** Python oracles in a sandbox may use this process's network. */
  pythonOracleNetwork: boolean;
  /** The installation's own folder, which no Python oracle may see. */
  dataDir: string;
  outboundAllow: string[];
  /** Local mode (wire contract). */
  local: boolean;
  /** The installation's own token, for runs without one that may use it. */
  githubToken: string | null;
  /** The address of the installation's own demonstration oracle. */
  demonstrationOracleUrl: string;
  guarded: Record<Reach, GuardedFetch>;
  /** Those that can be used here. */
  judges: ReadonlyMap<JudgeProvider, OpenJudge>;
  judgePrices: PriceOverrides;
  metrics: Metrics;
  tracing: Tracing;
  log: { warn(details: object, message: string): void };
};

const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await delay(ms, undefined, signal && { signal });
};

/** The engine's ports on this machine's network, disk and clock. */
export const createEngine = (settings: EngineSettings): Engine => {
  const runGit = observedGit(settings, gitRunner({ searchPath: settings.searchPath }));
  const proxied = proxiedFetch(settings.proxies);
  let found: Promise<PythonBoundary> | null = null;
  const pythonBoundary = () => {
    found ??= findBoundary({
      searchPath: settings.searchPath,
      network: settings.pythonOracleNetwork,
      hidden: [settings.dataDir],
    });
    // Python may be installed later.
    found.catch(() => {
      found = null;
    });
    return found;
  };
  const oracles = runOracles();
  const openOracle = byReach((reach) =>
    oracleOpener(
      {
        fetch: settings.guarded[reach].fetch,
        connect: settings.guarded[reach].connect,
        sleep,
        now: steadyNow,
      },
      {
        python: {
          searchPath: settings.searchPath,
          directory: settings.pythonOracleDir,
          confined: true,
          boundary: pythonBoundary,
        },
      },
    ),
  );
  const gitVersion = async () => {
    const { stdout } = await runGit(['version'], { timeoutMs: 10_000, maxBytes: 10_000 });
    return new TextDecoder().decode(stdout);
  };
  const sources = byReach(
    (reach): SourceSettings => ({
      ...settings,
      // A longer wait is for the queue, where it holds no worker; see `ingestRun`.
      limitWaitMs: 3_000,
      fetch: observedGitHubFetch(settings, proxied.fetch),
      runGit,
      cloning: {
        guard: pinAddress(
          { publicOnly: reach === 'public', allow: settings.outboundAllow, proxies: settings.proxies },
          gitVersion,
        ),
      },
    }),
  );
  const reachOf = ({ standing }: RunConfig): Reach =>
    mayCallPrivateAddresses(standing, settings) ? 'private' : 'public';

  /** A run's oracle with its secrets, which are not in the run's configuration. */
  const chosen = (
    { standing, oracle: asked }: RunConfig,
    { oracleUrl: url, oracleHeaders: headers }: RunSecrets,
  ): OracleChoice => {
    if (!('url' in asked)) {
      // Checked when the run was made, too. A row is not proof enough to start a program on this machine.
      if (!mayUseOperatorsMeans(standing))
        throw new Error('A stranger’s run names a program of this machine.');
      return asked;
    }
    if (asked.url === null) return { type: 'http', url: settings.demonstrationOracleUrl, headers: {} };
    if (url === null) throw new Error('A run has lost the address of its oracle.');
    return { ...asked, url, headers };
  };

  const judge: Engine['judge'] = ({ provider, model }, batches): Judge => {
    const opened = settings.judges.get(provider);
    if (opened === undefined)
      throw new Error(
        `A run asks for the ${provider} judge, which this worker does not have: check its ${variablesOf(provider)}.`,
      );
    return opened.judge(model, batches);
  };

  const batches = new Map<JudgeProvider, BatchClient>();
  for (const [provider, opened] of settings.judges)
    if (opened.batches !== null) batches.set(provider, observedBatches(settings, opened.batches));
  return {
    source: (config, { githubToken }) =>
      openSource(
        sources[reachOf(config)],
        config.source,
        githubToken ?? (mayUseOperatorsMeans(config.standing) ? settings.githubToken : null),
      ),
    oracle: (config, secrets, runId) =>
      observedOracle(
        settings,
        oracles.of(runId, () => openOracle[reachOf(config)](chosen(config, secrets))),
        config.oracle,
      ),
    endOracle: oracles.end,
    judge: (choice, desk) => observedJudge(settings, judge(choice, desk)),
    hasJudge: (provider) => settings.judges.has(provider),
    prices: (provider) => createPrices(provider, settings.judgePrices),
    countTokens: (provider) => settings.judges.get(provider)?.countTokens ?? null,
    batches,
    pythonBoundary,
    close: oracles.close,
  };
};
