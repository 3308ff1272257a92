import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type OracleChoice, oracleTypes } from '#contracts/oracle-types.ts';
import { storableText } from '#contracts/text.ts';
import { gitRunner } from '#platform/git/run-git.ts';
import { guardedFetch } from '#platform/network/guarded-fetch.ts';
import { pinAddress } from '#platform/network/pin-address.ts';
import { proxiedFetch } from '#platform/network/proxies.ts';
import { oracleOpener } from '#platform/open-oracle.ts';
import { openSource } from '#platform/open-source.ts';
import { noBoundary } from '#platform/python/python-boundary.ts';
import { cleanOracle, isLocal, type Oracle } from '#verification/oracles/oracle.ts';
import type { GroundTruthSource } from '#verification/sources/source.ts';
import { cleanTextOf } from '#verification/text/clean-text.ts';
import { UsageError } from './exit.ts';
import { cloneProtocols, type RepositoryChoice } from './repository.ts';
import type { Settings } from './settings.ts';

const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await delay(ms, undefined, signal && { signal });
};

/** Where the merged changes of `<repo>` come from. */
export const sourceFor = (repository: RepositoryChoice, settings: Settings): GroundTruthSource => {
  const runGit = gitRunner({ searchPath: settings.searchPath });
  const pin = pinAddress(
    { publicOnly: false, allow: settings.outboundAllow, proxies: settings.proxies },
    async () => '',
  );
  return openSource(
    {
      ...settings,
      repositoriesDir: join(settings.dataDir, 'repositories'),
      now: () => new Date(),
      fetch: proxiedFetch(settings.proxies).fetch,
      runGit,
      cloning: {
        allowedProtocols: cloneProtocols,
        // Without a proxy for it, git dials what its user names.
        ...(settings.proxies.oracle !== null && {
          guard: async (url) => (url.protocol === 'https:' ? await pin(url) : {}),
        }),
      },
    },
    repository,
    settings.githubToken,
  );
};

/**
 * The command runs on its user's own machine, so an oracle may be on loopback or in a private network; only metadata
 * addresses are refused. Its answers are cleaned of the secrets it was sent before judge and evidence see them.
 * @throws UsageError if the oracle runs on this machine and cannot be started.
 */
export const oracleFor = async (
  choice: OracleChoice,
  settings: Settings,
  signal: AbortSignal,
): Promise<{ oracle: Oracle; close: () => Promise<void> }> => {
  const guarded = guardedFetch({
    publicOnly: false,
    allow: settings.outboundAllow,
    alwaysAllowedOrigins: [],
    proxies: settings.proxies,
  });
  const open = oracleOpener(
    { fetch: guarded.fetch, connect: guarded.connect, sleep, now: Date.now },
    {
      python: {
        searchPath: settings.searchPath,
        directory: settings.pythonOracleDir ?? process.cwd(),
        // The user's own code on the user's own machine.
        confined: false,
        boundary: async () => noBoundary(),
        env: settings.userEnvironment,
      },
    },
  );
  const oracle = open(choice);
  const local = isLocal(oracle) ? oracle : null;
  const close = async () => {
    await local?.close();
    await guarded.close();
  };
  const problem = await local?.load(signal);
  if (typeof problem === 'string') {
    await close();
    throw new UsageError(`${oracleTypes[choice.type].flag?.name}: ${problem}`);
  }
  const clean =
    'url' in choice
      ? cleanTextOf({ githubToken: null, oracleUrl: choice.url, oracleHeaders: choice.headers })
      : storableText;
  return { oracle: cleanOracle(oracle, clean), close };
};
