import { expect, test } from 'vitest';
import { seededRandom } from '#testing/builders/seeded-random.ts';
import { meanInterval } from './interval.ts';

const claimsPerReplay = 6;
const repetitions = 3000;

/**
 * Cumulative probabilities of 0…6 supported claims: beta-binomial with mean `m` and intra-class correlation 1/(a + b +
 * 1), so that the claims of one replay are right or wrong together.
 */
const cumulated = (m: number, correlation: number) => {
  const concentration = 1 / correlation - 1;
  const [a, b] = [m * concentration, (1 - m) * concentration];
  const rising = (base: number, steps: number) =>
    Array.from({ length: steps }, (_, step) => base + step).reduce((product, factor) => product * factor, 1);
  const choose = [1, 6, 15, 20, 15, 6, 1];
  let total = 0;
  return choose.map((ways, k) => {
    total += (ways * rising(a, k) * rising(b, claimsPerReplay - k)) / rising(a + b, claimsPerReplay);
    return total;
  });
};

const coverage = (setting: { m: number; correlation: number; n: number; failures: number }, seed: number) => {
  const random = seededRandom(seed);
  const steps = cumulated(setting.m, setting.correlation);
  const truth = setting.m * (1 - setting.failures);
  // The interval depends only on how often each of the seven values occurs, not on their order.
  const known = new Map<string, boolean>();
  let covered = 0;
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const seen = [0, 0, 0, 0, 0, 0, 0];
    for (let replay = 0; replay < setting.n; replay += 1) {
      const draw = random();
      const place = steps.findIndex((step) => draw < step);
      const supported = random() < setting.failures ? 0 : place === -1 ? claimsPerReplay : place;
      seen[supported] = (seen[supported] ?? 0) + 1;
    }
    const key = seen.join();
    const hit = known.get(key) ?? covers(seen, truth);
    known.set(key, hit);
    if (hit) covered += 1;
  }
  return covered / repetitions;
};

const covers = (seen: number[], truth: number) => {
  const values = seen.flatMap((times, supported) => Array<number>(times).fill(supported / claimsPerReplay));
  const { lower, upper } = meanInterval(values, 1);
  return lower <= truth && truth <= upper;
};

const settings = [0, 0.02, 0.05].flatMap((failures) =>
  [0.1, 0.3, 0.6].flatMap((correlation) =>
    [0.8, 0.95, 0.99].flatMap((m) => [20, 50, 100].map((n) => ({ m, correlation, n, failures }))),
  ),
);

test('the simulated claims have the intended mean and correlation', () => {
  // Mean and variance of a beta-binomial: 6m, and 6m(1 − m)(1 + 5·ICC).
  const steps = cumulated(0.8, 0.3);
  const chances = steps.map((step, k) => step - (steps[k - 1] ?? 0));
  const average = chances.reduce((total, chance, k) => total + chance * k, 0);
  const variance = chances.reduce((total, chance, k) => total + chance * (k - average) ** 2, 0);
  expect(average).toBeCloseTo(4.8, 10);
  expect(variance).toBeCloseTo(6 * 0.8 * 0.2 * 2.5, 10);
});

test.each(settings)(
  'the interval covers the truth in at least 94 % of runs: m $m, ICC $correlation, n $n, oracle failures $failures',
  (setting) => {
    expect(coverage(setting, 20_240_229)).toBeGreaterThanOrEqual(0.94);
  },
);
