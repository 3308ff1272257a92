import type { JudgeProvider } from '#contracts/judge.ts';
import type { Database } from '#db/client.ts';
import type { RunChanges } from '#db/run-changes.ts';
import type { Engine } from '#platform/open-ports.ts';
import type { SecretBox } from '#platform/secret-box.ts';
import type { Metrics } from '#platform/telemetry/metrics.ts';
import type { Tracing } from '#platform/telemetry/tracing.ts';
import type { JobSender } from '#queue/sender.ts';

/** What this installation can and may do, decided once from its environment. */
export type InstallationPolicy = {
  /** False where ENGINE_ENABLED is off: everything is served, no run is carried out. */
  engineEnabled: boolean;
  /** The server listens beyond loopback, so that strangers can reach it: stricter rules hold. */
  reachable: boolean;
  defaultJudge: JudgeProvider;
  /** `unavailable` is null where the judge can be used, else what is missing and how to configure it. */
  judges: Record<JudgeProvider, { model: string; unavailable: string | null }>;
  /** Where reachable, who may use a judge that costs money: `provider:subject`, for example `github:583231`. */
  paidJudgeAccounts: string[];
  /** In US dollars per UTC day; null means no limit (only on loopback). */
  maxCostUsdPerDay: number | null;
  /** How much one user may start, and how many calls all workers together make at once or a minute. */
  limits: {
    runsAtOnce: number;
    runsPerDay: number;
    /** Resuming a run is no new one. */
    resumesPerDay: number;
    replaysPerDay: number;
    oracle: { atOnce: number; perMinute: number };
    /** Of the paid judge; null where each process's own limit is enough. */
    judgeAtOnce: number | null;
  };
  /** How many days what is no longer worked on is kept. Certificates and their evidence are kept for good. */
  retentionDays: { replays: number; snapshots: number };
  /** Null where oracles in Python can be run, else what is missing and how to configure it. */
  pythonUnavailable: string | null;
  /** The host (with its port, if any) of GITHUB_SERVER_URL: its repositories are read through GitHub's API. */
  githubHost: string;
};

/** Where faults that nobody expected are told, and how work gets on; a pino logger is one. Details hold no secret. */
export type Log = {
  error(details: Record<string, unknown>, message: string): void;
  warn(details: Record<string, unknown>, message: string): void;
  info(details: Record<string, unknown>, message: string): void;
  debug(details: Record<string, unknown>, message: string): void;
};

/** What every verb works with. */
export type ServiceContext = {
  db: Database;
  sender: JobSender;
  secretBox: SecretBox;
  policy: InstallationPolicy;
  /** The network rule: null where this address may be called, else what is wrong with it, in words for its sender. */
  checkOracleUrl: (url: string) => Promise<string | null>;
  /** The engine's ports, loaded at the first use: most of what a web process does needs none of them. */
  openEngine: () => Promise<Engine>;
  /** Tells of changes of runs, in whatever process they were made. */
  runChanges: RunChanges;
  log: Log;
  metrics: Metrics;
  tracing: Tracing;
  now: () => Date;
};

export type WorkerContext = ServiceContext & { engine: Engine };

/** Who asks. A verb that takes an actor answers for this user's rows only. */
export type Actor = { userId: string };
