import { AppError } from '#contracts/errors.ts';

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

/**
 * Does what a caller asked for, who is told that the log has stopped, and not why.
 * @throws AppError PRECONDITION_FAILED
 */
export const refusingIfStopped = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!isLogStopped(error)) throw error;
    throw new AppError('PRECONDITION_FAILED', 'The log has stopped. Its operator has to act.');
  }
};
