import { expect, test } from 'vitest';
import { parseHistory } from './history.ts';

const committedAt = (seconds: string) =>
  parseHistory(new TextEncoder().encode(`${'a'.repeat(40)}\0\0A\0${seconds}\0Title\0`))[0]?.committedAt;

test.each([
  ['1767225600', '2026-01-01T00:00:00.000Z'],
  ['0', '1970-01-01T00:00:00.000Z'],
  // Year 10000 has no RFC 3339 form. The last number exceeds the range of Date.
  ['253402300800', null],
  ['9007199254740993', null],
])('a commit time of %s seconds after 1970 is %s', (seconds, time) => {
  expect(committedAt(seconds)).toBe(time);
});
