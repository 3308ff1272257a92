import { DrizzleQueryError } from 'drizzle-orm';

/** What an error says, for the log. Drizzle's own message repeats the statement's parameters, which can be text of a private repository. */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error instanceof DrizzleQueryError && error.cause ? error.cause.message : error.message;
};
