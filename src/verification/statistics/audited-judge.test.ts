import { expect, test } from 'vitest';
import { auditedJudge } from './audited-judge.ts';
import type { ClaimLabel } from './audited-precision.ts';
import { wilsonInterval } from './interval.ts';
import { tQuantile } from './t-distribution.ts';

type Label = [supported: boolean, isTrue: boolean | null, inclusionProbability?: number];
/** Each of a replay of its own. */
const labelsOf = (...labels: Label[]): ClaimLabel[] =>
  labels.map(([supported, isTrue, inclusionProbability = 1], replay) => ({
    replay,
    supported,
    isTrue,
    inclusionProbability,
  }));

const times = (count: number, ...label: Label) => Array.from({ length: count }, () => label);

test('rates and kappa match an independent tool', () => {
  // The labels of the case in audited-precision.test.ts, also derived with plain Python.
  const judge = auditedJudge(
    labelsOf(
      [true, true, 0.5],
      [true, true, 0.5],
      [true, true, 0.25],
      [true, false, 0.4],
      [false, false, 1],
      [false, true, 0.8],
      [false, false, 0.5],
      [false, false, 1],
    ),
  );
  expect(judge?.q1?.value).toBeCloseTo(0.8648648648648649, 12);
  expect(judge?.q0?.value).toBeCloseTo(0.6153846153846154, 12);
  expect(judge?.kappa?.value).toBeCloseTo(0.49438202247191004, 12);
});

test('a claim with a small chance counts for more', () => {
  // By hand: 18 of 20 supported ones true, each standing for 5, and 4 of 20 others, each for 1.
  const judge = auditedJudge(
    labelsOf(
      ...times(18, true, true, 0.2),
      ...times(2, true, false, 0.2),
      ...times(4, false, true),
      ...times(16, false, false),
    ),
  );
  expect(judge?.q1?.value).toBeCloseTo(90 / 94, 12);
  expect(judge?.q0?.value).toBeCloseTo(16 / 26, 12);
  // By hand: o = 106/120, e = (100·94 + 20·26)/120².
  const expected = (100 * 94 + 20 * 26) / 120 ** 2;
  expect(judge?.kappa?.value).toBeCloseTo((106 / 120 - expected) / (1 - expected), 12);
  // The bounds are those of 18 in 20 and 4 in 20, with the t quantile of 19 degrees of freedom.
  const size = 20 * (1.96 / tQuantile(0.975, 19)) ** 2;
  const [first, second] = [wilsonInterval(0.9, size), wilsonInterval(0.2, size)];
  expect(judge?.q1?.interval.lower).toBeCloseTo(
    (100 * first.lower) / (100 * first.lower + 20 * second.upper),
    12,
  );
  expect(judge?.q1?.interval.upper).toBeCloseTo(
    (100 * first.upper) / (100 * first.upper + 20 * second.lower),
    12,
  );
});

test('a judge that the owner always agrees with is right, as far as 40 labels can say', () => {
  const judge = auditedJudge(labelsOf(...times(20, true, true, 0.1), ...times(20, false, false, 0.5)));
  expect(judge).toMatchObject({ q1: { value: 1 }, q0: { value: 1 }, kappa: { value: 1 } });
  expect(judge?.kappa?.interval.lower).toBeLessThan(0.95);
  expect(judge?.q1?.interval.lower).toBeLessThan(1);
});

test('two claims of one replay say less than claims of two', () => {
  const apart = labelsOf(...times(10, true, true), ...times(10, true, false), ...times(4, false, false));
  const paired = apart.map((label, place) => ({ ...label, replay: place >> 1 }));
  const [one, other] = [auditedJudge(apart)?.q0?.interval, auditedJudge(paired)?.q0?.interval];
  if (!one || !other) throw new Error('There are false claims.');
  expect(other.upper - other.lower).toBeGreaterThan(one.upper - one.lower);
});

test('what no label can say is not measured', () => {
  expect(auditedJudge([])).toBeNull();
  expect(auditedJudge(labelsOf(...times(3, true, null), [false, false]))).toBeNull();
  const allTrue = auditedJudge(labelsOf(...times(5, true, true), ...times(5, false, true)));
  expect(allTrue).toMatchObject({ q1: { value: 0.5 }, q0: null, kappa: { value: 0 } });
  const allFalse = auditedJudge(labelsOf(...times(5, true, false), ...times(5, false, false)));
  expect(allFalse).toMatchObject({ q1: null, q0: { value: 0.5 } });
  // Chance alone explains that both always say yes.
  expect(auditedJudge(labelsOf(...times(5, true, true)))).toMatchObject({
    q1: { value: 1 },
    q0: null,
    kappa: null,
  });
});
