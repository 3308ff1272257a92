/** What the process says to its caller (wire contract, "Command line"). */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The command was asked for something it cannot do as asked, or cannot decide: exit code 2. Holds no secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was understood and failed, for a reason its message explains: exit code 1. Holds no secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/**
 * A run cannot go on, for a reason outside it: what was done by then stays, and `remedy` says how it is taken up again.
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
