import type { JudgeProvider } from '#contracts/judge-providers.ts';
import type { ProxySettings } from '#platform/network/proxies.ts';
import type { JudgeSettings } from '#platform/open-judge.ts';
import type { PriceOverrides } from '#verification/judges/model/prices.ts';

/** What the command line takes from the environment. Only `main.ts` reads and checks it. */
export type Settings = {
  /** The address of this environment's installation. */
  installationUrl: string;
  /** Null: the embedded database of `dataDir`. */
  databaseUrl: string | null;
  dataDir: string;
  /** The folder that holds this program. */
  projectDir: string;
  /** Secrets of `SIGNING_KEY`, the one in use first. Empty: one is kept in `dataDir`. */
  signingKeys: string[];
  githubToken: string | null;
  githubApiUrl: string;
  githubServerUrl: string;
  judges: Record<JudgeProvider, JudgeSettings>;
  /** The operator's prices, which override the built-in list. */
  judgePrices: PriceOverrides;
  /** Origins and CIDRs exempt from the network rule. */
  outboundAllow: string[];
  /** The folder that Python oracles are loaded from; null: the working directory. */
  pythonOracleDir: string | null;
  /** The environment that a Python oracle sees, without this program's own settings. */
  userEnvironment: Record<string, string>;
  proxies: ProxySettings;
  /** `NODE_EXTRA_CA_CERTS`, which git is given too. */
  extraAuthorities: string | null;
  /** Where programs such as git are looked for: this process's PATH. */
  searchPath: string;
};
