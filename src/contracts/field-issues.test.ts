import { expect, test } from 'vitest';
import { z } from 'zod';
import { fieldIssuesOf, mostNamed } from './field-issues.ts';

const schema = z.strictObject({
  a: z.number().optional(),
  inner: z.strictObject({ b: z.number() }).optional(),
});
const issuesIn = (input: unknown) => {
  const { error } = schema.safeParse(input);
  return error === undefined ? [] : fieldIssuesOf(error);
};

test('every wrong field has its path, unknown ones and those inside others too', () => {
  expect(issuesIn({ a: 'x', c: 1, inner: { b: 1, d: 2 } }).map(({ path }) => path)).toEqual([
    'a',
    'inner.d',
    'c',
  ]);
  expect(issuesIn([]).map(({ path }) => path)).toEqual(['']);
});

test('a long name is cut, and many are not all named', () => {
  const [long] = issuesIn({ ['x'.repeat(300_000)]: 1 });
  expect(long?.path).toHaveLength(100);
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, place) => [`f${place}`, 1]));
  expect(issuesIn(many)).toHaveLength(mostNamed);
});
