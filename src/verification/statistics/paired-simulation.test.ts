import { expect, test } from 'vitest';
import { seededRandom } from '#testing/builders/seeded-random.ts';
import { tQuantile } from './interval.ts';
import { pairedDifference } from './paired.ts';

const repetitions = 2000;
const sizes = [2, 5, 10, 20, 50, 100];

/** Differences with their chances, which add up to 1. */
type Scenario = { name: string; chances: [difference: number, chance: number][] };

const scenarios: Scenario[] = [
  {
    name: 'one pair in 20 differs by 1',
    chances: [
      [1, 0.05],
      [0, 0.95],
    ],
  },
  {
    name: 'one pair in 50 fails against a steady 0.1',
    chances: [
      [-1, 0.02],
      [0.1, 0.98],
    ],
  },
  { name: 'all differ by 0.3', chances: [[0.3, 1]] },
  {
    name: 'wide, without a lift',
    chances: [
      [-1, 0.2],
      [-0.5, 0.2],
      [0, 0.2],
      [0.5, 0.2],
      [1, 0.2],
    ],
  },
  {
    name: 'wide, with a lift and failures',
    chances: [
      [-0.5, 0.15],
      [0.25, 0.25],
      [0.5, 0.3],
      [0.75, 0.3],
    ],
  },
  {
    name: 'all or nothing, either way',
    chances: [
      [1, 0.5],
      [-1, 0.5],
    ],
  },
];

/** Shares of runs whose interval, and whose plain paired t interval, contain the true mean difference. */
const coverage = ({ chances }: Scenario, n: number) => {
  const random = seededRandom(20_240_229);
  const truth = chances.reduce((total, [difference, chance]) => total + difference * chance, 0);
  const draw = () => {
    let left = random();
    const [difference] = chances.find(([, chance]) => {
      left -= chance;
      return left < 0;
    }) ?? [chances.at(-1)?.[0] ?? 0];
    return { a: Math.max(difference, 0), b: Math.max(-difference, 0) };
  };
  let [covered, coveredByT] = [0, 0];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const { mean, interval, t } = pairedDifference(Array.from({ length: n }, draw));
    // Allows for rounding in the sums, when every difference is the true one.
    const half = (t === null ? 0 : Math.abs(mean / t) * tQuantile(0.975, n - 1)) + 1e-12;
    if (interval !== null && interval.lower <= truth && truth <= interval.upper) covered += 1;
    if (Math.abs(mean - truth) <= half) coveredByT += 1;
  }
  return { interval: covered / repetitions, plainT: coveredByT / repetitions };
};

test.each(scenarios.flatMap((scenario) => sizes.map((n) => ({ ...scenario, n }))))(
  'the interval covers the true difference in at least 94 % of runs: $name, n $n',
  (scenario) => {
    expect(coverage(scenario, scenario.n).interval).toBeGreaterThanOrEqual(0.94);
  },
);

test('when differences are rare, a plain paired t interval misses the truth and this one does not', () => {
  const [rare] = scenarios;
  if (rare === undefined) throw new Error('The first scenario is the rare one.');
  // With probability 0.95²⁰ = 0.36 all 20 pairs are equal, and the plain interval misses.
  expect(coverage(rare, 20).plainT).toBeLessThan(0.66);
  expect(coverage(rare, 20).interval).toBeGreaterThanOrEqual(0.99);
});
