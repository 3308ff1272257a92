/**
 * Limits of each git process, by the operating system where it has them. They are far above what an honest repository
 * needs: the pack of a large one has 1 or 2 GB.
 */
export const gitLimits = { memoryBytes: 2 * 1024 ** 3, fileBytes: 4 * 1024 ** 3 };

/** How a git process ended. `stopped` says which limit it reached; `code` is then null. */
export type GitOutcome = {
  code: number | null;
  stdout: Uint8Array;
  /** The end of it, as text. */
  stderr: string;
  stopped: 'timeout' | 'silence' | 'too_much_output' | 'memory' | 'processor_time' | 'file_size' | null;
};

/** What git did when it reached a limit, to complete "git …". */
export const stoppedWords: Record<NonNullable<GitOutcome['stopped']>, string> = {
  timeout: 'took too long',
  silence: 'heard nothing more from the server',
  too_much_output: 'wrote more than can be read here',
  memory: `needed more than ${gitLimits.memoryBytes / 1024 ** 2} MB of memory`,
  processor_time: 'needed too much processor time',
  file_size: `wrote a file of more than ${gitLimits.fileBytes / 1024 ** 3} GB`,
};

export type GitOptions = {
  cwd?: string;
  /** The whole environment of git, apart from PATH. Nothing of the caller's own environment reaches it. */
  env?: Record<string, string>;
  /** Standard input. Without it, standard input is closed at once. */
  input?: string;
  timeoutMs: number;
  /**
   * Stops git once its standard error, where it shows progress, was silent for so long, until something in it matches
   * `until`.
   */
  silence?: { afterMs: number; until: RegExp };
  /** Limit for standard output. Exceeding it stops the process. */
  maxBytes: number;
  signal?: AbortSignal;
};

/** A port: runs git. Rejects only when git cannot be started, or with the signal's reason. */
export type RunGit = (args: string[], options: GitOptions) => Promise<GitOutcome>;

/** A port: folders that are removed after use. */
export type TemporaryFolders = {
  makeTempDir: () => Promise<string>;
  removeDir: (path: string) => Promise<void>;
};

/** Configuration for one git process. It is passed in the environment so that no secret appears in the arguments. */
export const configEnvironment = (config: Record<string, string>): Record<string, string> => {
  const entries = Object.entries(config);
  return Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(entries.length)],
    ...entries.flatMap(([key, value], at) => [
      [`GIT_CONFIG_KEY_${at}`, key],
      [`GIT_CONFIG_VALUE_${at}`, value],
    ]),
  ]);
};

/**
 * The environment of every git process here. Repositories are hostile, so git reads neither the user's nor the system's
 * configuration, never prompts, opens no transport and replaces no object and no parent. With an open transport, a missing object of
 * a partial clone would be fetched with a command from the repository's own configuration.
 */
export const isolation: Record<string, string> = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: 'true',
  SSH_ASKPASS: 'true',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: '',
  GIT_PAGER: 'cat',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  TZ: 'UTC',
};
