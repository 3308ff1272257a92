import { expect, test } from 'vitest';
import { agreement } from './agreement.ts';

/** Pairs of verdicts from a table of counts: the rows are the first judge's, the columns the second's. */
const pairsOf = (table: number[][]) =>
  table.flatMap((row, first) =>
    row.flatMap((times, second) =>
      Array.from({ length: times }, () => ({ first: `verdict ${first}`, second: `verdict ${second}` })),
    ),
  );

test('agreement and kappa match the textbook', () => {
  // Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions", table 18.1: observed 0.89. The margins 80,
  // 10, 10 and 80, 5, 15 give an expected 0.64 + 0.005 + 0.015 = 0.66, so kappa is 0.23/0.34.
  const result = agreement(
    pairsOf([
      [75, 1, 4],
      [5, 4, 1],
      [0, 0, 10],
    ]),
  );
  expect(result).toMatchObject({ raw: 0.89, n: 100 });
  expect(result.kappa).toBeCloseTo(0.23 / 0.34, 12);
  // Python, from Wilson's formula.
  expect(result.interval.lower).toBeCloseTo(0.813685369721, 10);
  expect(result.interval.upper).toBeCloseTo(0.937458680448, 10);
});

test('a table of yes and no matches an independent tool', () => {
  // Python with numpy: observed 0.7, expected 0.5, kappa 0.4.
  const result = agreement(
    pairsOf([
      [20, 5],
      [10, 15],
    ]),
  );
  expect(result).toMatchObject({ raw: 0.7, n: 50, kappa: expect.closeTo(0.4, 12) });
  expect(result.interval.lower).toBeCloseTo(0.562493877226, 10);
  expect(result.interval.upper).toBeCloseTo(0.808966109104, 10);
});

test('perfect agreement on more than one verdict gives a kappa of 1, perfect disagreement −1', () => {
  expect(
    agreement(
      pairsOf([
        [5, 0],
        [0, 3],
      ]),
    ),
  ).toMatchObject({ raw: 1, kappa: 1 });
  expect(
    agreement(
      pairsOf([
        [0, 5],
        [5, 0],
      ]),
    ),
  ).toMatchObject({ raw: 0, kappa: -1 });
});

test('judges who always say the same word agree, without a kappa', () => {
  expect(agreement(pairsOf([[7]]))).toMatchObject({ raw: 1, kappa: null, n: 7 });
});

test('judges who always say different words agree no better than chance', () => {
  expect(agreement(pairsOf([[0, 7]]))).toMatchObject({ raw: 0, kappa: 0 });
});

test('the order of the judges does not matter', () => {
  const pairs = pairsOf([
    [75, 1, 4],
    [5, 4, 1],
    [0, 0, 10],
  ]);
  const there = agreement(pairs);
  const back = agreement(pairs.map(({ first, second }) => ({ first: second, second: first })));
  expect(back).toEqual({ ...there, kappa: expect.closeTo(there.kappa ?? Number.NaN, 12) });
});

test('without items there is no agreement', () => {
  expect(() => agreement([])).toThrow(RangeError);
});
