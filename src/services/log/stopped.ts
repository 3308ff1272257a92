/**
 * The log must not grow or be served any more: whoever saw it would see two histories. It says what happened and what
 * its operator can do.
 */
export class LogStopped extends Error {
  override readonly name = 'LogStopped';

  constructor(cause: string) {
    super(`The transparency log has stopped: ${cause}`);
  }
}

export const isLogStopped = (error: unknown): boolean => error instanceof LogStopped;
