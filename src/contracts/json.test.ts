import { expect, test } from 'vitest';
import { isObject, mapLeaves } from './json.ts';

test('an object is neither null nor an array', () => {
  expect([{}, { a: 1 }, null, undefined, [], 'a', 1, true].map(isObject)).toEqual([
    true,
    true,
    ...Array(6).fill(false),
  ]);
});

test('leaves are mapped at every depth, and names stay', () => {
  const value = { a: 1, b: [2, { c: 3, d: null }], e: 'x' };
  expect(mapLeaves(value, (leaf) => (typeof leaf === 'number' ? leaf * 10 : leaf))).toEqual({
    a: 10,
    b: [20, { c: 30, d: null }],
    e: 'x',
  });
});
