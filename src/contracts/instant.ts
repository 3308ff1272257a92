import { z } from 'zod';

/** A point in time as RFC 3339 text. This project writes it in UTC with milliseconds (`toISOString`). */
export const instantSchema = z.iso.datetime({
  offset: true,
  error: 'must be an RFC 3339 time, for example 2026-01-31T12:00:00Z',
});

/**
 * The same point in time in the form that this project writes. Null if the text is not a time,
 * or if that form cannot hold it: in UTC its year must lie in 1 to 9999, and `Date` knows no leap second.
 */
export const utcInstant = (time: string | Date): string | null => {
  const read = typeof time === 'string' ? new Date(instantSchema.safeParse(time).data ?? Number.NaN) : time;
  const written = instantSchema.safeParse(read.toJSON()).data;
  return written === undefined || written.startsWith('0000') ? null : written;
};

/** A point in time that is written in UTC when it is parsed. */
export const utcInstantSchema = instantSchema.transform((time, context) => {
  const written = utcInstant(time);
  if (written !== null) return written;
  context.addIssue({ code: 'custom', message: 'must lie in the years 1 to 9999 in UTC' });
  return z.NEVER;
});
