import { randomUUID } from 'node:crypto';
import { AppError } from '#contracts/errors.ts';
import { storableText } from '#contracts/text.ts';
import { isDatabaseUnavailable, reportOutage, tookTooLong } from '#db/unavailable.ts';
import type { CleanText } from '#verification/text/clean-text.ts';
import type { Log } from './context.ts';
import { tellOutage } from './request-outage.ts';

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

/** The database is away: no fault of the request or of the work, which may be repeated soon. */
export class Outage extends AppError {
  constructor(cause: unknown) {
    super('SERVICE_UNAVAILABLE', 'The database cannot be used at the moment. Try again in a few seconds.');
    this.cause = cause;
  }
}

/**
 * The database took too long over what was asked of it. A request may be repeated, because the database may have been
 * busy. Of a job it is a fault like any other, which is counted.
 */
export class TooSlow extends AppError {
  constructor(id: string) {
    super(
      'SERVICE_UNAVAILABLE',
      `The database took longer over this than it may. Try again in a few seconds. The installation's log describes it under the id ${id}.`,
    );
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
 * Logs an unexpected exception and returns what may be shown of it. A database that is away is an Outage, and one that
 * took too long over a statement is TooSlow.
 * @param about ids of the work that failed.
 */
export const reportFault = (
  { log }: { log: Log },
  error: unknown,
  about: Record<string, string>,
  clean: CleanText = storableText,
): Fault | Outage | TooSlow => {
  if (error instanceof Fault || error instanceof Outage || error instanceof TooSlow) return error;
  if (isDatabaseUnavailable(error)) {
    reportOutage(log, error);
    tellOutage();
    return new Outage(error);
  }
  const id = randomUUID();
  log.error({ fault: id, ...about, error: explain(error, clean) }, 'An unexpected fault');
  if (!tookTooLong(error)) return new Fault(id);
  tellOutage();
  return new TooSlow(id);
};
