import { expect, test } from 'vitest';
import { independent } from '#testing/builders/independent.ts';
import { seededRandom } from '#testing/builders/seeded-random.ts';
import { isLongRun } from '#testing/runners/fuzzing.ts';
import { adjustedPrecision } from './adjusted-precision.ts';

const claimsTotal = 6;
const repetitions = 2500;

const product = (count: number, factor: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => factor(index)).reduce((total, each) => total * each, 1);
const choose = (n: number, k: number) => product(k, (index) => (n - index) / (index + 1));

/** Chances of 0…n. */
const binomial = (n: number, chance: number) =>
  Array.from({ length: n + 1 }, (_, k) => choose(n, k) * chance ** k * (1 - chance) ** (n - k));

/** Chances of 0…n with mean `m` for each, and intra-class correlation 1/(a + b + 1). */
const betaBinomial = (n: number, m: number, correlation: number) => {
  const concentration = 1 / correlation - 1;
  const rising = (base: number, steps: number) => product(steps, (step) => base + step);
  return Array.from(
    { length: n + 1 },
    (_, k) =>
      (choose(n, k) * rising(m * concentration, k) * rising((1 - m) * concentration, n - k)) /
      rising(concentration, n),
  );
};

/** Chances of the sum of two independent counts. */
const summed = (one: number[], other: number[]) => {
  const total = Array<number>(one.length + other.length - 1).fill(0);
  one.forEach((chance, i) => {
    other.forEach((second, j) => {
      total[i + j] = (total[i + j] ?? 0) + chance * second;
    });
  });
  return total;
};

/** Draws from 0…n with the given chances. */
const drawing = (chances: number[], random: () => number) => {
  let total = 0;
  const steps = chances.map((chance) => {
    total += chance;
    return total;
  });
  return () => {
    const draw = random();
    const place = steps.findIndex((step) => draw < step);
    return place === -1 ? chances.length - 1 : place;
  };
};

type Setting = {
  theta: number;
  q1: number;
  q0: number;
  n: number;
  correlation: number;
  shown: number;
  /** How many of the six counted claims were made and ruled on. */
  ruled: number;
  /** Chance of an oracle failure. */
  failures: number;
};

/** Chances of 0…ruled supported claims in one replay: true ones are supported with q1, false ones with 1 − q0. */
const supportedChances = ({ theta, q1, q0, correlation, ruled }: Setting) => {
  const chances = Array<number>(ruled + 1).fill(0);
  betaBinomial(ruled, theta, correlation).forEach((chance, truths) => {
    summed(binomial(truths, q1), binomial(ruled - truths, 1 - q0)).forEach((second, supported) => {
      chances[supported] = (chances[supported] ?? 0) + chance * second;
    });
  });
  return chances;
};

const simulate = (setting: Setting) => {
  const random = seededRandom(20_240_229);
  const supported = drawing(supportedChances(setting), random);
  const [ofTrue, ofFalse] = [setting.q1, 1 - setting.q0].map((chance) =>
    drawing(binomial(setting.shown, chance), random),
  );
  if (ofTrue === undefined || ofFalse === undefined) throw new Error('Two rates, two drawers.');
  const truth = (setting.theta * (1 - setting.failures) * setting.ruled) / claimsTotal;
  let covered = 0;
  let total = 0;
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const replays = Array.from({ length: setting.n }, (_, place) => ({
      ...(random() < setting.failures
        ? { precision: 0, ruledShare: 0 }
        : { precision: supported() / claimsTotal, ruledShare: setting.ruled / claimsTotal }),
      dependence: independent(place),
    }));
    const { shown } = setting;
    const adjusted = adjustedPrecision(replays, {
      q1: { value: ofTrue() / shown, of: shown },
      q0: { value: 1 - ofFalse() / shown, of: shown },
    });
    if (adjusted === null) throw new Error('These judges tell true from false.');
    total += adjusted.value;
    if (adjusted.interval.lower <= truth && truth <= adjusted.interval.upper) covered += 1;
  }
  return { bias: total / repetitions - truth, coverage: covered / repetitions };
};

const judges = [0.9, 0.97].flatMap((q1) => [0.85, 0.95].map((q0) => ({ q1, q0 })));
const samples = [50, 100].flatMap((n) =>
  [0.1, 0.3].flatMap((correlation) => [100, 200].map((shown) => ({ n, correlation, shown }))),
);
const allRuled = [0.3, 0.6, 0.9].flatMap((theta) =>
  judges.flatMap((judge) =>
    samples.map((sample) => ({ theta, ...judge, ...sample, ruled: claimsTotal, failures: 0 })),
  ),
);
// Where a is below 1, including nearly every claim true, so that θ is close to a.
const partlyRuled = [0.3, 0.9, 0.99].flatMap((theta) =>
  [50, 100].flatMap((n) =>
    [
      { ruled: 6, failures: 0.05 },
      { ruled: 6, failures: 0.2 },
      { ruled: 4, failures: 0 },
      { ruled: 4, failures: 0.05 },
    ].map((share) => ({ theta, q1: 0.9, q0: 0.95, n, correlation: 0.3, shown: 100, ...share })),
  ),
);

test('the simulated claims have the share of supported claims that the model predicts', () => {
  // By hand: 6 · (0.6 · 0.9 + 0.4 · 0.15).
  const chances = supportedChances({
    theta: 0.6,
    q1: 0.9,
    q0: 0.85,
    n: 1,
    correlation: 0.3,
    shown: 1,
    ruled: 6,
    failures: 0,
  });
  expect(chances.reduce((total, chance) => total + chance, 0)).toBeCloseTo(1, 12);
  expect(chances.reduce((total, chance, k) => total + chance * k, 0)).toBeCloseTo(3.6, 12);
});

/** Every sixth in `npm test`, all of them in `npm run test:long`. */
const settings = [...allRuled, ...partlyRuled].filter((_, at) => isLongRun || at % 6 === 0);

test.each(settings)(
  'adjusted precision is unbiased to 0.02 and its interval covers the truth in at least 93 % of runs: ' +
    'θ $theta, q1 $q1, q0 $q0, n $n, ICC $correlation, canaries $shown, ruled $ruled of 6, failures $failures',
  (setting) => {
    const { bias, coverage } = simulate(setting);
    expect(Math.abs(bias)).toBeLessThanOrEqual(0.02);
    expect(coverage).toBeGreaterThanOrEqual(0.93);
  },
);
