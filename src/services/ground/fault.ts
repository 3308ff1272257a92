import { randomUUID } from 'node:crypto';
import { storableText } from '#contracts/text.ts';
import type { CleanText } from '#verification/text/clean-text.ts';
import type { Log } from './context.ts';

/**
 * Only an id of an unexpected exception leaves the log. The queue stores the error that a handler throws, and a run
 * shows it, so neither may get the exception's own words.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly id: string;

  constructor(id: string) {
    super(`An internal fault. The installation's log describes it under the id ${id}.`);
    this.id = id;
    delete this.stack;
  }
}

/**
 * A failed query's message holds its parameters, which are other people's texts. Only the database's words are kept.
 */
const wordsOf = (error: Error) => (error.message.startsWith('Failed query') ? 'Failed query' : error.message);

const explain = (error: unknown, clean: CleanText): unknown => {
  if (!(error instanceof Error)) return { name: typeof error };
  return {
    name: error.name,
    message: clean(wordsOf(error)),
    at: (error.stack ?? '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: explain(error.cause, clean) }),
  };
};

/**
 * Logs an unexpected exception and returns what may be shown of it.
 * @param about ids of the work that failed.
 */
export const reportFault = (
  { log }: { log: Log },
  error: unknown,
  about: Record<string, string>,
  clean: CleanText = storableText,
): Fault => {
  if (error instanceof Fault) return error;
  const fault = new Fault(randomUUID());
  log.error({ fault: fault.id, ...about, error: explain(error, clean) }, 'An unexpected fault');
  return fault;
};
