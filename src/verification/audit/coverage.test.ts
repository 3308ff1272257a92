import { expect, test } from 'vitest';
import { independent } from '#testing/builders/independent.ts';
import { seededRandom } from '#testing/builders/seeded-random.ts';
import { isLongRun } from '#testing/runners/fuzzing.ts';
import { auditedJudge } from '../statistics/audited-judge.ts';
import { auditedPrecision } from '../statistics/audited-precision.ts';
import { auditSample } from './sample.ts';

/** The standard error of a coverage of 0.95 is 0.01, so 0.93 is two of them below. */
const repetitions = 500;
const mostClaims = 9;
const leastTotal = 3;

type Setting = { n: number; theta: number; q1: number; q0: number; failures: number };

type Claim = { id: string; isTrue: boolean; supported: boolean };

/** True claims come together: in a third of the replays fewer than the mean, in the others more. */
const shareTrue = (theta: number, draw: number) => {
  const spread = 0.5 * Math.min(theta, 1 - theta);
  return draw < 1 / 3 ? theta - spread : theta + spread / 2;
};

const drawRun = ({ n, theta, q1, q0, failures }: Setting, random: () => number) =>
  Array.from({ length: n }, (_, place) => {
    const made = random() < failures ? 0 : 1 + Math.floor(random() * mostClaims);
    const share = shareTrue(theta, random());
    const claims = Array.from({ length: made }, (_each, index): Claim => {
      const isTrue = random() < share;
      return { id: `c${index + 1}`, isTrue, supported: random() < (isTrue ? q1 : 1 - q0) };
    });
    return { id: `${place}`, claimsTotal: Math.max(made, leastTotal), claims };
  });

const shareOf = (
  claims: readonly Claim[],
  given: (claim: Claim) => boolean,
  hit: (claim: Claim) => boolean,
) => {
  const among = claims.filter(given);
  return among.length === 0 ? null : among.filter(hit).length / among.length;
};

const simulate = (setting: Setting) => {
  const random = seededRandom(20_231_103);
  // By hand: each number of claims from 1 to 9 is equally likely, and fewer than 3 count as 3.
  const ruledShare = (1 / 3 + 2 / 3 + 7) / mostClaims;
  const truth = ruledShare * setting.theta * (1 - setting.failures);
  const found = { bias: 0, precision: 0, q1: 0, q0: 0, kappa: 0 };
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const run = drawRun(setting, random);
    const replays = run.map(({ claimsTotal, claims }, place) => ({
      claimsTotal,
      claimsRuled: claims.length,
      claimsSupported: claims.filter(({ supported }) => supported).length,
      dependence: independent(place),
    }));
    const labels = auditSample(run, `${repetition}`).map(
      ({ replay, claim, supported, inclusionProbability }) => ({
        replay: Number(replay),
        supported,
        inclusionProbability,
        isTrue: run[Number(replay)]?.claims.find(({ id }) => id === claim)?.isTrue ?? null,
      }),
    );
    const audited = auditedPrecision(replays, labels);
    const judge = auditedJudge(labels);
    if (audited === null || judge === null) throw new Error('Every claim was told.');
    found.bias += (audited.value - truth) / repetitions;
    // What rounding adds to a share is no error of an interval that ends at 1.
    const covers = (measured: { interval: { lower: number; upper: number } } | null, value: number | null) =>
      measured === null ||
      value === null ||
      (measured.interval.lower <= value + 1e-9 && value <= measured.interval.upper + 1e-9)
        ? 1 / repetitions
        : 0;
    const claims = run.flatMap((replay) => replay.claims);
    const isTrue = (claim: Claim) => claim.isTrue;
    const supported = (claim: Claim) => claim.supported;
    const all = () => true;
    const agreed = shareOf(claims, all, (claim) => claim.isTrue === claim.supported) ?? 0;
    const [c, r] = [shareOf(claims, all, isTrue) ?? 0, shareOf(claims, all, supported) ?? 0];
    const byChance = c * r + (1 - c) * (1 - r);
    found.precision += covers(audited, truth);
    found.q1 += covers(judge.q1, shareOf(claims, isTrue, supported));
    found.q0 += covers(
      judge.q0,
      shareOf(
        claims,
        (claim) => !claim.isTrue,
        (claim) => !claim.supported,
      ),
    );
    found.kappa += covers(judge.kappa, (agreed - byChance) / (1 - byChance));
  }
  return found;
};

const judges = [
  { q1: 0.97, q0: 0.95 },
  { q1: 0.9, q0: 0.6 },
];

/** Two in `npm test`, all of them in `npm run test:long`. */
const settings = (
  [
    ...[0.4, 0.8, 0.95].flatMap((theta) => judges.map((judge) => ({ n: 100, theta, ...judge, failures: 0 }))),
    { n: 100, theta: 0.8, q1: 0.8, q0: 0.9, failures: 0.1 },
    { n: 30, theta: 0.8, q1: 0.9, q0: 0.6, failures: 0 },
    { n: 30, theta: 0.95, q1: 0.97, q0: 0.95, failures: 0.1 },
  ] satisfies Setting[]
).slice(0, isLongRun ? undefined : 2);

test.each<Setting>(settings)(
  'an audit is unbiased to 0.01, and its intervals cover in at least 93 % of runs: n $n, θ $theta, q1 $q1, q0 $q0, failures $failures',
  (setting) => {
    const { bias, ...coverage } = simulate(setting);
    expect(Math.abs(bias)).toBeLessThanOrEqual(0.01);
    // Precision of the pull requests that the run was drawn from; rates and kappa of the certificate's own claims.
    for (const share of Object.values(coverage)) expect(share).toBeGreaterThanOrEqual(0.93);
  },
);
