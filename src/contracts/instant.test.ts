import { expect, test } from 'vitest';
import { instantSchema } from './instant.ts';

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
