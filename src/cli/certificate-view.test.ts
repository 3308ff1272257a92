import { expect, test } from 'vitest';
import type { Certificate } from '#contracts/certificate.ts';
import type { JudgeTrust } from '#contracts/judge-trust.ts';
import { testedCertificate } from '#testing/builders/stored-certificates.ts';
import { viewCertificate } from './certificate-view.ts';

/** On one line, so that line breaks do not matter. */
const shown = (certificate: Certificate) =>
  viewCertificate(certificate, (_, text) => text).replace(/\s+/g, ' ');

const withTrust = (change: Partial<JudgeTrust>): Certificate => {
  const certificate = testedCertificate();
  return { ...certificate, trust: { ...certificate.trust, ...change } };
};

// By hand: 99 of 100 canaries of each kind were judged correctly; precision is 18.3333/20, (0.916667 − 0.01)/0.98 = 0.925.
// The baseline has (1/3 + 1/2 + 1/4)/3 each, the oracle (0.916667 + 1 + 0.75)/3 = 0.889, over 22 replays 0.808 or 0.899.
// The judges agreed on 34 of 40 verdicts; chance gives 0.86: kappa (0.85 − 0.86)/0.14.
test('the measures of the judge are shown with intervals and counts', () => {
  const text = shown(testedCertificate());
  for (const words of [
    'Reliable yes',
    'True accepted 0.990 [0.946 – 0.998] of 100',
    'False rejected 0.990 [0.946 – 0.998] of 100',
    'Injected taken 0.010 [0.002 – 0.054] of 100',
    'q0 + q1 − 1 0.980, lower 95 % bound 0.917',
    '100 true, 100 false and 100 injected in this run · none from earlier runs',
    'Precision 0.917',
    // Three claims in each of 20 replays; 5 of the third ones are not supported.
    'Claims 60 made · 60 ruled on · 55 supported',
    'Adj. precision 0.925',
    // Every recall and reply differs alike; precision by 2/3 and 1/3, which scipy's ttest_1samp gives this interval.
    'Over the baseline composite +0.528 [+0.505 – +0.551] over 0.361',
    'precision +0.583 [+0.514 – +0.653] over 0.333',
    'recall +0.500 (interval not measured) over 0.500',
    'reply +0.500 (interval not measured) over 0.250; on 20 pull requests',
    'composite 0.808 with all 2 at 0, 0.899 with them at 1',
    'Judged again by anthropic, claude-opus-5-1, over 8 replays',
    '0.850 [0.709 – 0.929] of 40, Cohen’s kappa −0.071',
    'precision 22 176,000 13,200 0.5148',
    '5 judge calls repeated · 1 answer keys reused',
  ])
    expect(text).toContain(words);
});

test('injected canaries that leaked are remarked on before any number', () => {
  const text = shown(testedCertificate());
  expect(text.indexOf('the judge accepted 1 of 100 in this run')).toBeGreaterThan(0);
  expect(text.indexOf('the judge accepted 1 of 100 in this run')).toBeLessThan(text.indexOf('Composite'));
});

test.each([
  ['verifier', 'drawn by the verifier'],
  ['owner', 'given by the run’s owner, who could choose the sample with it'],
] as const)('a seed of %s says who chose it', (seedSource, words) => {
  const certificate = testedCertificate();
  expect(shown({ ...certificate, draw: { ...certificate.draw, seedSource } })).toContain(
    `seed seed (${words})`,
  );
});

test('earlier runs of the pool are named', () => {
  const canaries = {
    true: { shown: 50, supported: 50 },
    false: { shown: 40, supported: 0 },
    injected: { shown: 30, supported: 0 },
  };
  expect(shown(testedCertificate({ canaries, certificates: ['first-id', 'second-id'] }))).toContain(
    '150 true, 140 false and 130 injected with 2 earlier certificates: first-id, second-id (each change counts once, from the earliest certificate that has it)',
  );
});

test('a judge that is not reliable comes with every reason', () => {
  const { trust } = testedCertificate();
  const canaries = { ...trust.pool.canaries, false: { shown: 99, supported: 40 } };
  const text = shown(
    withTrust({
      reliable: false,
      youden: { value: 0.56, lower: 0.45 },
      pool: { canaries, certificates: [] },
    }),
  );
  expect(text).toContain(
    'no: There are only 99 false canaries, and 100 of each kind are needed. The lower bound of the index q0 + q1 − 1 is under 0.5.',
  );
});

test('a judge that is not shown to be reliable is remarked on before any number, and a reliable one is not', () => {
  const text = shown(withTrust({ reliable: false, youden: { value: 0.56, lower: 0.45 } }));
  const remark = text.indexOf('The judge is not shown to be reliable. The lower bound of the index');
  expect(remark).toBeGreaterThan(0);
  expect(remark).toBeLessThan(text.indexOf('Composite'));
  expect(shown(testedCertificate())).not.toContain('not shown to be reliable');
});

test('a run without canaries says why it has none', () => {
  const none = { shown: 0, supported: 0 };
  const canaries = { true: none, false: none, injected: none };
  expect(
    shown(withTrust({ reliable: false, youden: null, canaries, pool: { canaries, certificates: [] } })),
  ).toContain('The judge is not shown to be reliable. No canary was used: no change of this run allowed one');
});

test('a measure that was not taken is shown as not measured', () => {
  const none = shown(
    withTrust({
      q1: null,
      q0: null,
      leak: null,
      youden: null,
      adjustedPrecision: null,
      baseline: null,
      agreement: null,
    }),
  );
  for (const words of [
    'True accepted not measured',
    'False rejected not measured',
    'Injected taken not measured',
    'q0 + q1 − 1 not measured',
    'Adj. precision not measured: No true or no false canary was judged',
    'Over the baseline not measured',
    'Agreement not measured: no replay was judged again',
  ])
    expect(none).toContain(words);
});
