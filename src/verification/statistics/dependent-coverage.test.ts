import { expect, test } from 'vitest';
import { independent } from '#testing/builders/independent.ts';
import { seededRandom } from '#testing/builders/seeded-random.ts';
import { examples } from '#testing/runners/fuzzing.ts';
import { designEffect } from './design-effect.ts';
import { meanInterval } from './interval.ts';
import { leastPairs, pairedDifference } from './paired.ts';

/** Enough to see a coverage that is two points too low; `npm run test:long` takes 50 times as many. */
const { numRuns: runs } = examples(400);

/** Whether a coverage of at least `least` is compatible with what was seen: its bound less three standard errors. */
const bound = (least: number, times = runs) => least - 3 * Math.sqrt((least * (1 - least)) / times);

/** Draws of the standard normal distribution (Box and Muller 1958). */
const normalDraws = (random: () => number) => () =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const size = 5;
const icc = 0.3;

/**
 * Scores of n pull requests, five of each author, with an intra-class correlation of 0.3 of the latent normal values;
 * `shape` maps them onto [0, 1] without changing who is alike.
 */
const shapes: [name: string, shape: (latent: number) => number][] = [
  ['even', (latent) => Math.min(1, Math.max(0, 0.6 + 0.18 * latent))],
  ['skewed', (latent) => 1 - Math.min(1, Math.exp(latent - 1.5))],
  ['bimodal', (latent) => (latent > 0 ? 0.9 : 0.2) + 0.03 * Math.tanh(latent)],
];

const draws = (n: number, shape: (latent: number) => number, random: () => number) => {
  const normal = normalDraws(random);
  const authors = Array.from({ length: n / size }, normal);
  return Array.from({ length: n }, (_, place) => {
    const author = Math.floor(place / size);
    const latent = Math.sqrt(icc) * (authors[author] ?? 0) + Math.sqrt(1 - icc) * normal();
    return { value: shape(latent), dependence: { ...independent(place), author } };
  });
};

/** The mean of a shape over the standard normal distribution, by the midpoint rule. */
const truthOf = (shape: (latent: number) => number) => {
  let [total, weights] = [0, 0];
  for (let latent = -8; latent < 8; latent += 0.001) {
    const weight = Math.exp(-((latent + 0.0005) ** 2) / 2);
    total += weight * shape(latent + 0.0005);
    weights += weight;
  }
  return total / weights;
};

const settings = (...sizes: number[]) =>
  shapes.flatMap(([name, shape]) => sizes.map((n) => ({ name, shape, n })));

test.each(settings(20, 50, 100))(
  'with groups of five and ICC 0.3 the interval covers the truth in 93 % of runs: $name, n $n',
  ({ shape, n }) => {
    const random = seededRandom(20_260_101);
    const truth = truthOf(shape);
    let [covered, widened] = [0, 0];
    for (let run = 0; run < runs; run += 1) {
      const drawn = draws(n, shape, random);
      const values = drawn.map(({ value }) => value);
      const effect = designEffect(
        values,
        drawn.map(({ dependence }) => dependence),
      );
      const { lower, upper } = meanInterval(values, effect);
      if (lower <= truth && truth <= upper) covered += 1;
      if (effect > 1) widened += 1;
    }
    expect(covered / runs).toBeGreaterThanOrEqual(bound(0.93));
    expect(widened / runs).toBeGreaterThan(0.8);
  },
);

// Four groups tell too little of their differences, so that 20 pairs are covered in 0.92 of runs. No comparison and no
// lift has an interval with fewer than 30.
test.each([
  ...settings(leastPairs, 50, 100).map((setting) => ({ ...setting, least: 0.93 })),
  ...settings(20).map((setting) => ({ ...setting, least: 0.915 })),
])(
  'with the same groups the paired interval covers the true difference in $least of runs, and the test errs as rarely: $name, n $n',
  ({ shape, n, least }) => {
    const random = seededRandom(20_260_102);
    let [covered, inferred] = [0, 0];
    for (let run = 0; run < runs; run += 1) {
      // Two oracles with the same mean, each with strong and weak authors of its own.
      const [one, other] = [draws(n, shape, random), draws(n, shape, random)];
      const { inference } = pairedDifference(
        one.map(({ value, dependence }, place) => ({ a: value, b: other[place]?.value ?? 0, dependence })),
        0.05,
        n,
      );
      if (inference === null) continue;
      inferred += 1;
      const holdsTruth = inference.interval.lower <= 0 && inference.interval.upper >= 0;
      expect(holdsTruth).toBe(inference.p >= 0.05);
      if (holdsTruth) covered += 1;
    }
    expect(inferred).toBe(runs);
    expect(covered / runs).toBeGreaterThanOrEqual(bound(least));
  },
);

/** How often the interval of n independent values, with these chances, covers their mean. */
const coverage = (n: number, values: readonly [value: number, chance: number][], seed: number) => {
  const random = seededRandom(seed);
  const truth = values.reduce((total, [value, chance]) => total + value * chance, 0);
  const draw = () => {
    let left = random();
    for (const [value, chance] of values) {
      left -= chance;
      if (left < 0) return value;
    }
    return values.at(-1)?.[0] ?? 0;
  };
  let covered = 0;
  for (let run = 0; run < runs; run += 1) {
    const { lower, upper } = meanInterval(Array.from({ length: n }, draw), 1);
    if (lower <= truth && truth <= upper) covered += 1;
  }
  return covered / runs;
};

test.each(
  [10, 20, 50, 100].flatMap((n) =>
    (
      [
        [
          'skewed',
          [
            [1, 0.6],
            [0.75, 0.2],
            [0.5, 0.15],
            [0, 0.05],
          ],
        ],
        [
          'bimodal',
          [
            [0, 0.3],
            [0.1, 0.2],
            [0.9, 0.2],
            [1, 0.3],
          ],
        ],
        [
          'narrow',
          [
            [0.5, 0.4],
            [0.55, 0.4],
            [0.6, 0.2],
          ],
        ],
      ] as [string, [number, number][]][]
    ).map(([name, values]) => ({ n, name, values })),
  ),
)('independent values are covered in 95 % of runs: $name, n $n', ({ n, values }) => {
  expect(coverage(n, values, 20_260_103)).toBeGreaterThanOrEqual(bound(0.95));
});

/** Exact: every number of ones among n, weighted by its chance. */
const exactCoverage = (n: number, p: number) => {
  let [chance, total] = [(1 - p) ** n, 0];
  for (let ones = 0; ones <= n; ones += 1) {
    const values = Array.from({ length: n }, (_, place) => (place < ones ? 1 : 0));
    const { lower, upper } = meanInterval(values, 1);
    if (lower <= p && p <= upper) total += chance;
    chance *= ((n - ones) / (ones + 1)) * (p / (1 - p));
  }
  return total;
};

test('pure 0/1 values have the coverage of Wilson’s interval, with its known dips, by exact enumeration', () => {
  // The methodology states the lowest: 0.90 at p = .99, n = 10.
  expect(exactCoverage(10, 0.99)).toBeCloseTo(0.9044, 3);
  const chances = [0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99];
  for (const n of [10, 20, 50, 100]) {
    const found = chances.map((p) => exactCoverage(n, p));
    expect(Math.min(...found)).toBeGreaterThanOrEqual(0.9);
    expect(found.reduce((total, each) => total + each, 0) / found.length).toBeGreaterThanOrEqual(0.94);
  }
});
