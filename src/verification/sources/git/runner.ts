/** How a git process ended. `stopped` tells why it was killed before its end; then `code` is null. */
export type GitOutcome = {
  code: number | null;
  stdout: Uint8Array;
  /** The last part of it, as text. */
  stderr: string;
  stopped: 'timeout' | 'too_much_output' | null;
};

export type GitOptions = {
  cwd?: string;
  /** All that git sees beside PATH: nothing of the caller's own environment reaches it. */
  env?: Record<string, string>;
  /** Standard input; closed at once where it is not given. */
  input?: string;
  timeoutMs: number;
  /** Bound of standard output; more of it stops the process. */
  maxBytes: number;
  signal?: AbortSignal;
};

/** A port: runs git. Rejects only where git cannot be started, or with the signal's reason. */
export type RunGit = (args: string[], options: GitOptions) => Promise<GitOutcome>;

/** Configuration for one git process, handed over in its environment so that no secret stands in its arguments. */
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
 * What every git process here runs under. Repositories are hostile: neither the user's nor the system's
 * configuration is read, nothing is asked, no transport is open (a missing object of a partial clone would else be
 * fetched with a command from the repository's own configuration), and nothing replaces an object.
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
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: '',
  GIT_PAGER: 'cat',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  TZ: 'UTC',
};
