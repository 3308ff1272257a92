import type { TokenScope } from '#contracts/account.ts';
import type { CertificateDocument } from '#contracts/certificate-document.ts';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import type { OracleType } from '#contracts/oracle-types.ts';
import type { Standing } from '#contracts/standing.ts';
import type { Database } from '#db/client.ts';
import type { Clocks } from '#db/clock.ts';
import type { RunChanges } from '#db/run-changes.ts';
import type { Budgets } from '#platform/budgets/budgets.ts';
import type { Ed25519Signer } from '#platform/ed25519-key.ts';
import type { KeptCheckpoint } from '#platform/log/kept-checkpoint.ts';
import type { WitnessPort } from '#platform/log/witnesses.ts';
import type { Engine } from '#platform/open-ports.ts';
import type { SecretBox } from '#platform/secret-box.ts';
import type { Metrics } from '#platform/telemetry/metrics.ts';
import type { Tracing } from '#platform/telemetry/tracing.ts';
import type { JobSender } from '#queue/sender.ts';

/** What this installation can and may do, read once from its environment. */
export type InstallationPolicy = {
  /** False if ENGINE_ENABLED is off: everything is served, but no run is carried out. */
  engineEnabled: boolean;
  /** Local mode: only this machine reaches the server. Otherwise strict rules apply to everyone. */
  local: boolean;
  defaultJudge: JudgeProvider;
  /**
   * `model` is null where none is configured. `endpoint` is the origin that certificates name. `unavailable` is null if
   * the judge can be used, else it says what is missing and how to configure it.
   */
  judges: Record<
    JudgeProvider,
    { model: string | null; endpoint: string | null; unavailable: string | null }
  >;
  /** Whether a limit in US dollars can be held for this model: else its price is unknown. */
  canHoldLimits: (provider: JudgeProvider, model: string) => boolean;
  /**
   * Who may use, beside the owner, what costs the operator or reads for them: `provider:subject`, for example
   * `github:583231`.
   */
  paidJudgeAccounts: string[];
  /** In US dollars per UTC day; null means no limit. */
  maxCostUsdPerDay: number | null;
  /** How much one user may start, and how many calls all workers together may make at once or per minute. */
  limits: {
    runsAtOnce: number;
    runsPerDay: number;
    /** Resuming a run does not count as starting one. */
    resumesPerDay: number;
    replaysPerDay: number;
    /** Runs of all users that no worker has begun. */
    queuedRuns: number;
    /** How many bytes of evidence the runs of strangers may leave in a UTC day, and ever: it is kept for good. */
    strangersEvidence: { perDay: number; ever: number };
    oracle: { atOnce: number; perMinute: number };
    /** Calls to the paid judge. Null: only each process's own limit applies. */
    judgeAtOnce: number | null;
  };
  /** How many days finished work is kept. Certificates and their evidence are kept forever. */
  retentionDays: { replays: number; snapshots: number };
  /** For each type of oracle that cannot run here: what is missing and how to configure it. */
  oraclesUnavailable: Partial<Record<OracleType, string>>;
  /** The host of GITHUB_SERVER_URL, with its port if any. Its repositories are read through GitHub's API. */
  githubHost: string;
};

/** Where unexpected faults and progress are logged; a pino logger is one. Details must hold no secret. */
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
  /**
   * The network rule: null if a run of this standing may call this address, else what is wrong with it, worded for the
   * person who gave it.
   */
  checkOracleUrl: (url: string, standing: Standing) => Promise<string | null>;
  /** Bytes free where the installation's data is; null where that is not on this machine. */
  freeDiskBytes: () => Promise<number | null>;
  /** How much each account may ask. */
  budgets: Pick<Budgets, 'spend'>;
  /** Announces changes of runs, whichever process made them. */
  runChanges: RunChanges;
  /** The transparency log's last checkpoint, outside the database. */
  keptCheckpoint: KeptCheckpoint;
  log: Log;
  metrics: Metrics;
  tracing: Tracing;
  /** The database's clock (`db/clock.ts`). Every time that is stored or compared comes from it. */
  now: () => Date;
  /** Reads that clock afresh, and this process's own. */
  readClocks: () => Promise<Clocks>;
};

/** What appends to the transparency log. Only workers have it. */
export type Sequencer = {
  keys: Ed25519Signer[];
  /** Where people reach the installation, which a new log is named after. Null: only this machine reaches it. */
  publicAddress: string | null;
  /** Other people's, who cosign its checkpoints. */
  witnesses: WitnessPort[];
};

/** What issues certificates. Only workers have it. */
export type Issuer = {
  /** The first that is neither retired nor compromised signs. The others' public keys are known to the log. */
  keys: Ed25519Signer[];
  /** Which program made them. */
  engine: CertificateDocument['method']['engine'];
};

/** The calls to strangers' oracles that one worker has under way. */
export type StrangersCalls = {
  /** Counts one more call of this stranger, and returns what ends it. Throws if others come first (`SlotsTaken`). */
  begin: (stranger: string) => () => void;
};

export type WorkerContext = ServiceContext & {
  engine: Engine;
  sequencer: Sequencer;
  issuer: Issuer;
  strangersCalls: StrangersCalls;
};

/** What a caller proved who they are with: the row of a session or of a personal token. */
export type Credential =
  | { kind: 'session'; id: string }
  | { kind: 'token'; id: string; scopes: readonly TokenScope[] };

/** Who asks. A verb that takes an actor works on this user's rows only. */
export type Actor = {
  userId: string;
  /** Absent for what asks within the process, such as a command at the installation's terminal. */
  credential?: Credential;
};

/** Sessions may do all that their user may, personal tokens only what their scopes name. */
export const hasScope = ({ credential }: Actor, scope: TokenScope): boolean =>
  credential?.kind !== 'token' || credential.scopes.includes(scope);
