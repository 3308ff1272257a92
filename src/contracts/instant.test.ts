import { expect, test } from 'vitest';
import { instantSchema, utcInstant } from './instant.ts';

test.each(['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.123Z', '2026-01-31T12:00:00+02:00'])(
  '%s is a point in time',
  (text) => expect(instantSchema.parse(text)).toBe(text),
);

test.each([
  '',
  'soon',
  '2026-01-31',
  '2026-01-31T12:00:00',
  '2026-02-30T12:00:00Z',
  '+010000-01-01T00:00:00Z',
])('"%s" is not a point in time', (text) => expect(instantSchema.safeParse(text).success).toBe(false));

test.each([
  ['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00.000Z'],
  ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  // These lie outside the years 1 to 9999 in UTC.
  ['9999-12-31T23:59:59-12:00', null],
  ['0001-01-01T00:00:00+12:00', null],
  ['soon', null],
])('%s is written in UTC as %s', (text, written) => expect(utcInstant(text)).toBe(written));

test('a date beyond the calendar has no written form', () => {
  expect(utcInstant(new Date(Number.NaN))).toBeNull();
  expect(utcInstant(new Date(8.64e15))).toBeNull();
});
