import { isObject } from '#contracts/json.ts';

/** The database, which the queue lives in too, cannot be used now. Nothing is wrong with what was asked. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';

  constructor(cause: unknown) {
    super('The database cannot be used at the moment.', { cause });
  }
}

/**
 * What says that the database is away, by code. Codes of five characters are Postgres's (appendix A of its manual), the
 * others are the system's and the drivers'.
 */
const codes = [
  // Connection exceptions; the login is refused.
  /^08...$/,
  /^28...$/,
  // Too many connections, out of memory or disk.
  /^53...$/,
  // Shut down by an administrator, crashed, starting, dropped; a session ended for being idle.
  /^57P0.$/,
  // A lock is held for too long; a transaction idled for too long.
  /^55P03$/,
  /^25P03$/,
  // Reads only: the server that we were moved to has not taken over yet.
  /^25006$/,
  // The server cannot read or write its files.
  /^580..$/,
  // The database, the schema or a table is missing: it was not set up yet.
  /^(?:3D000|3F000|42P01)$/,
  // The system's: ECONNREFUSED, ETIMEDOUT, EAI_AGAIN, …
  /^E(?!RR_)[A-Z]+(?:_[A-Z]+)?$/,
  // The drivers': CONNECTION_CLOSED, CONNECT_TIMEOUT, …
  /^CONNECT(?:ION)?_[A-Z_]+$/,
];

/** node-postgres gives its own errors no code. */
const words =
  /\b(?:timeout|timed out|connection (?:terminated|ended|error)|not queryable|after calling end on the pool)\b/i;

/** Whether an error of a driver says that the database is away. Of other errors it knows nothing: ask only about these. */
export const saysUnavailable = (error: unknown): boolean => {
  if (!isObject(error)) return false;
  const { code, message, cause } = error;
  if (typeof code === 'string') {
    if (codes.some((pattern) => pattern.test(code))) return true;
  } else if (cause === undefined && typeof message === 'string' && words.test(message)) return true;
  return saysUnavailable(cause);
};

/** A statement or a transaction took longer than it may. */
const limitCodes: ReadonlySet<unknown> = new Set(['57014', '25P04']);

/**
 * Whether an error says that a statement or a transaction of ours took longer than it may. The database answers, so this
 * is no outage: what asked for too much would do so again, without end, if nobody counted it.
 */
export const tookTooLong = (error: unknown): boolean =>
  isObject(error) && (limitCodes.has(error.code) || tookTooLong(error.cause));

/** The same error, or the one that says that the database is away. */
export const namingUnavailable = (error: unknown): unknown =>
  saysUnavailable(error) ? new DatabaseUnavailable(error) : error;

/**
 * Whether an error of any origin was caused by a database that is away. It goes by name: the build of the web application
 * loads this class once for pages and once for interfaces, which share one pool.
 */
export const isDatabaseUnavailable = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'DatabaseUnavailable' || isDatabaseUnavailable(error.cause));

/** The innermost error's own words: those around it repeat statements with their parameters. */
const reasonOf = (error: unknown): string => {
  if (!isObject(error)) return String(error);
  if (isObject(error.cause)) return reasonOf(error.cause);
  const code = typeof error.code === 'string' ? `${error.code}: ` : '';
  return `${code}${String(error.message ?? '')}`;
};

const onceInMs = 60_000;
const outages = new WeakMap<object, { failures: number; quietUntil: number }>();

/** Logs a database that is away: one line a minute, however much fails because of it. */
export const reportOutage = (
  log: { error(details: object, message: string): void },
  error: unknown,
  now: () => number = () => performance.now(),
): void => {
  const outage = outages.get(log) ?? { failures: 0, quietUntil: Number.NEGATIVE_INFINITY };
  outages.set(log, outage);
  outage.failures += 1;
  const at = now();
  if (at < outage.quietUntil) return;
  log.error({ failures: outage.failures, error: reasonOf(error) }, 'The database cannot be used');
  outage.failures = 0;
  outage.quietUntil = at + onceInMs;
};
