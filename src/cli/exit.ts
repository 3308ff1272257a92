/** The process's exit codes (wire contract, "Command line"). */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The command cannot do what was asked, or cannot decide it: exit code 2. Holds no secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was understood and failed; its message explains why: exit code 1. Holds no secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/**
 * A run cannot continue, for a reason outside it. What was done is kept; `remedy` says how to resume.
 */
export class RunStopped extends CommandError {
  readonly reason: string;
  readonly remedy: string;

  constructor(reason: string, remedy = 'Run the same command again to resume.') {
    super(`${reason} ${remedy}`);
    this.reason = reason;
    this.remedy = remedy;
  }
}
