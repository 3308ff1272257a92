import { describe, expect, test } from 'vitest';
import { examHalves } from '#contracts/exam.ts';
import { canaryWays } from '#contracts/replay.ts';
import { parseDiff } from '../diff/parse-diff.ts';
import { quoteCountsInDiff } from '../text/quotes.ts';
import { examChanges } from './changes.ts';
import { describeExam } from './describe.ts';
import { examPairs, halfOf, isDisputed, writtenPairs } from './pairs.ts';

const written = writtenPairs();
const pairs = examPairs();
const changes = new Map(examChanges().map((change) => [change.id, change]));

test('24 pairs of each way were written, about at least 40 changes, at most four about one', () => {
  for (const way of canaryWays) expect(written.filter((pair) => pair.way === way)).toHaveLength(24);
  const byChange = Map.groupBy(written, ({ change }) => change);
  expect(byChange.size).toBeGreaterThanOrEqual(40);
  expect(Math.max(...[...byChange.values()].map((own) => own.length))).toBeLessThanOrEqual(4);
  expect(new Set(written.map(({ id }) => id)).size).toBe(written.length);
});

test.each(written)('$id names a change, its evidence is a line of it, and its members differ', (pair) => {
  const change = changes.get(pair.change);
  expect(change?.diff.split('\n')).toContain(pair.evidence);
  expect(pair.true).not.toBe(pair.false);
});

test('every change of a pair has a line that can be quoted, so that a right judge can support a true claim', () => {
  for (const { change } of pairs) {
    const diff = parseDiff(changes.get(change)?.diff ?? '');
    const lines = diff.files.flatMap(({ changedLines }) => changedLines);
    expect(
      lines.some(({ text }) => quoteCountsInDiff(text, diff, '')),
      change,
    ).toBe(true);
  }
});

test('a pair with one label that differs from its writer’s is left out and counted', () => {
  const pair = pairs[0];
  if (pair === undefined) throw new Error('The exam is empty.');
  expect(isDisputed(pair)).toBe(false);
  const { second } = pair.labels;
  const wrong = [
    { ...pair.labels, second: { ...second, true: 'false' as const } },
    { ...pair.labels, second: { ...second, false: 'cannot tell' as const } },
    { ...pair.labels, third: { true: 'cannot tell' as const } },
    { ...pair.labels, third: { false: 'true' as const } },
  ];
  for (const labels of wrong) expect(isDisputed({ ...pair, labels })).toBe(true);
  expect(describeExam()).toMatchObject({ pairs: 119, disputed: 1 });
  expect(written.filter(isDisputed).map(({ id }) => id)).toEqual(['a-038']);
});

describe('the halves', () => {
  test('differ by at most one pair in each way', () => {
    for (const way of canaryWays) {
      const [development = 0, publication = 0] = examHalves.map(
        (half) => pairs.filter((pair) => pair.way === way && halfOf(pair) === half).length,
      );
      expect(Math.abs(development - publication), way).toBeLessThanOrEqual(1);
    }
  });

  test('share no change', () => {
    const [first, second] = examHalves.map(
      (half) => new Set(pairs.filter((pair) => halfOf(pair) === half).map(({ change }) => change)),
    );
    expect([...(first ?? [])].filter((change) => second?.has(change))).toEqual([]);
  });
});

const meanLength = (texts: string[]) => texts.reduce((sum, { length }) => sum + length, 0) / texts.length;

test('true and false claims cannot be told apart by length', () => {
  const ratio = meanLength(pairs.map((pair) => pair.true)) / meanLength(pairs.map((pair) => pair.false));
  expect(Math.abs(1 - ratio)).toBeLessThan(0.03);
});

test('what is published of the readers follows from their labels', () => {
  // By hand: two labels for each of 120 pairs, and one label for each by the third reader, who once could not tell.
  expect(describeExam().readers).toEqual([
    { reader: 'the other writer', agreeing: 240, of: 240 },
    { reader: 'the third reader', agreeing: 119, of: 120 },
  ]);
});
