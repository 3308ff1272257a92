import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { OracleChoice } from '#contracts/oracle-types.ts';
import type { RunConfig, RunSecrets } from '#contracts/run.ts';
import type { Judge } from '#verification/judges/judge.ts';
import type { CountTokens } from '#verification/judges/model/estimate.ts';
import type { BatchDesk } from '#verification/judges/model/model-client.ts';
import { anthropicJudge } from '#verification/judges/model/model-judge.ts';
import type { Prices } from '#verification/judges/model/prices.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import type { BatchClient } from '#verification/judges/providers/anthropic/batches.ts';
import type { createAnthropicClient } from '#verification/judges/providers/anthropic/client.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import type { GroundTruthSource } from '#verification/sources/source.ts';
import { gitRunner } from './git/run-git.ts';
import type { GuardedFetch } from './network/guarded-fetch.ts';
import { pinAddress } from './network/pin-address.ts';
import { observedBatches, observedJudge, observedOracle } from './observed-ports.ts';
import { oracleOpener, runOracles } from './open-oracle.ts';
import { openSource, type SourceSettings } from './open-source.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { observedGit, observedGitHubFetch } from './telemetry/observed-fetch.ts';
import type { Tracing } from './telemetry/tracing.ts';

/** The engine's ports, made for one run. */
export type Engine = {
  source(config: RunConfig, secrets: RunSecrets): GroundTruthSource;
  /** Of one run the same oracle is given each time where it has a process to keep. */
  oracle(config: RunConfig, secrets: RunSecrets, runId: string): Oracle;
  /** Ends what the oracle of one run has started, where it will not be asked again. */
  endOracle(runId: string): Promise<void>;
  /** @param batches where the judge's calls wait for a batch; null where each is made at once. */
  judge(choice: RunConfig['judge'], batches: BatchDesk | null): Judge;
  /** What judge models cost. */
  prices: Prices;
  /** Counts prompts by the model's own tokeniser; null where the installation has no key for it, as with batches. */
  countTokens: CountTokens | null;
  batches: BatchClient | null;
  /** Ends what the ports have started. */
  close(): Promise<void>;
};

/** What the engine's ports are made of. `anthropic` is null where that judge cannot be used. */
export type EngineSettings = Omit<SourceSettings, 'fetch' | 'runGit' | 'cloning'> & {
  /** PATH for child processes. */
  searchPath: string;
  /** Modules of Python oracles are loaded from below this folder only; null: none are. */
  pythonOracleDir: string | null;
  outboundAllow: string[];
  /** Where the installation's own demonstration oracle answers. */
  demonstrationOracleUrl: string;
  guarded: GuardedFetch;
  anthropic: ReturnType<typeof createAnthropicClient> | null;
  prices: Prices;
  metrics: Metrics;
  tracing: Tracing;
};

const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await delay(ms, undefined, signal && { signal });
};

/** The engine's ports on this machine's network, disk and clock. */
export const createEngine = (settings: EngineSettings): Engine => {
  const runGit = observedGit(settings, gitRunner({ searchPath: settings.searchPath }));
  const oracles = runOracles(
    oracleOpener(
      { fetch: settings.guarded.fetch, sleep, now: Date.now },
      { python: { searchPath: settings.searchPath, directory: settings.pythonOracleDir, confined: true } },
    ),
  );
  const gitVersion = async () => {
    const { stdout } = await runGit(['version'], { timeoutMs: 10_000, maxBytes: 10_000 });
    return new TextDecoder().decode(stdout);
  };
  const pin = pinAddress({ reachable: settings.reachable, allow: settings.outboundAllow }, gitVersion);

  const sources: SourceSettings = {
    ...settings,
    fetch: observedGitHubFetch(settings, fetch),
    runGit,
    cloning: { guard: pin },
  };

  /** A run's oracle with its secrets, which its configuration does not hold. */
  const chosen = (
    { oracle: asked }: RunConfig,
    { oracleUrl: url, oracleHeaders: headers }: RunSecrets,
  ): OracleChoice => {
    if (!('url' in asked)) return asked;
    if (asked.url === null) return { type: 'http', url: settings.demonstrationOracleUrl, headers: {} };
    if (url === null) throw new Error('A run has lost the address of its oracle.');
    return { ...asked, url, headers };
  };

  const judge: Engine['judge'] = ({ provider, model }, batches): Judge => {
    if (provider === 'offline') return offlineJudge();
    if (settings.anthropic === null)
      throw new Error(
        'A run asks for the anthropic judge, which this worker does not have: check its ANTHROPIC_API_KEY.',
      );
    return anthropicJudge({
      client: settings.anthropic,
      model,
      random: randomBytes,
      prices: settings.prices,
      now: Date.now,
      batches,
    });
  };

  const batches = settings.anthropic?.batches(settings.prices) ?? null;
  return {
    source: ({ source }, { githubToken }) => openSource(sources, source, githubToken),
    oracle: (config, secrets, runId) =>
      observedOracle(settings, oracles.of(runId, chosen(config, secrets)), config.oracle),
    endOracle: oracles.end,
    judge: (choice, desk) => observedJudge(settings, judge(choice, desk)),
    prices: settings.prices,
    countTokens: settings.anthropic?.countTokens ?? null,
    batches: batches && observedBatches(settings, batches),
    close: oracles.close,
  };
};
