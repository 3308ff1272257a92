import type { JudgeProvider } from '#contracts/judge-providers.ts';
import type { JudgeSettings } from '#platform/open-judge.ts';
import type { PriceOverrides } from '#verification/judges/model/prices.ts';

/** What the command line takes from the environment, checked, and handed down by `main.ts` alone. */
export type Settings = {
  /** Where the installation of this environment is reached. */
  installationUrl: string;
  /** Null: the embedded database of `dataDir`. */
  databaseUrl: string | null;
  dataDir: string;
  /** The folder that holds this program. */
  projectDir: string;
  githubToken: string | null;
  githubApiUrl: string;
  githubServerUrl: string;
  judges: Record<JudgeProvider, JudgeSettings>;
  /** Prices that the operator knows better than the built-in list. */
  judgePrices: PriceOverrides;
  /** Origins and CIDRs exempt from the network rule. */
  outboundAllow: string[];
  /** Modules of Python oracles are found from it; null: from the working directory. */
  pythonOracleDir: string | null;
  /** What a Python oracle sees of the environment: nothing of this program's own settings. */
  userEnvironment: Record<string, string>;
  /** Where programs such as git are looked for: this process's PATH. */
  searchPath: string;
};
