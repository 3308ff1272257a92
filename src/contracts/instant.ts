import { z } from 'zod';

/** A point in time as RFC 3339 text. This project writes it in UTC with milliseconds (`toISOString`). */
export const instantSchema = z.iso.datetime({
  offset: true,
  error: 'must be an RFC 3339 time, for example 2026-01-31T12:00:00Z',
});
