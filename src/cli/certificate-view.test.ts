import { expect, test } from 'vitest';
import type { Certificate } from '#contracts/certificate.ts';
import type { JudgeTrust } from '#contracts/judge-trust.ts';
import { canaryWays, noUsage } from '#contracts/replay.ts';
import { canaryCounts } from '#testing/builders/canaries.ts';
import { dependentCertificate } from '#testing/builders/dependent-certificate.ts';
import { testedCertificate } from '#testing/builders/stored-certificates.ts';
import { viewCertificate } from './certificate-view.ts';

/** On one line, so that line breaks do not matter. */
const shown = (certificate: Certificate) =>
  viewCertificate(certificate, (_, text) => text).replace(/\s+/g, ' ');

const withTrust = (change: Partial<JudgeTrust>): Certificate => {
  const certificate = testedCertificate();
  return { ...certificate, trust: { ...certificate.trust, ...change } };
};

// By hand: 99 of 100 true canaries and 199 of 200 false ones were judged correctly, in direction 39 of 40; precision is
// 18.3333/20, adjusted (0.916667 − 0.005)/0.985 = 0.926, and with direction's q0 (0.916667 − 0.025)/0.965 = 0.924.
// The baseline has (1/3 + 1/2 + 1/4)/3 each, the oracle (0.916667 + 1 + 0.75)/3 = 0.889, over 22 replays 0.808 or 0.899.
// The judges agreed on 34 of 40 verdicts; chance gives 0.86: kappa (0.85 − 0.86)/0.14.
test('the measures of the judge are shown with intervals and counts', () => {
  const text = shown(testedCertificate());
  for (const words of [
    'Reliable yes',
    'True accepted 0.990 [0.946 – 0.998] of 100',
    'False rejected 0.995 [0.972 – 0.999] of 200',
    'direction 0.975 [0.871 – 0.996] of 40, q0 + q1 − 1 from 0.8',
    'cause 1.000 [0.912 – 1.000] of 40, q0 + q1 − 1 from 0.8',
    'Injected taken 0.017 [0.003 – 0.089] of 60',
    'q0 + q1 − 1 0.985, lower 95 % bound 0.935',
    'Made by code 0.950',
    'Written by writer: q1 0.990 [0.946 – 0.998] of 100, q0 0.995 [0.972 – 0.999] of 200',
    '100 true, 200 false and 60 injected; 40 made by code in this run · none from earlier runs',
    'Precision 0.917',
    // Three claims in each of 20 replays; 5 of the third ones are not supported.
    'Claims 60 made · 60 ruled on · 55 supported',
    'Adj. precision 0.926',
    '0.924 with the q0 of the worst way',
    'Over the baseline composite +0.528 over 0.361',
    'precision +0.583 over 0.333',
    'reply +0.500 over 0.250; intervals not measured: fewer than 30 replays; on 20 pull requests',
    'composite 0.808 with all 2 at 0, 0.899 with them at 1',
    'Judged again by anthropic, claude-opus-5-1, over 8 replays',
    '0.850 [0.709 – 0.929] of 40, Cohen’s kappa −0.071',
    'precision 22 176,000 13,200 0.5148',
    '5 judge calls repeated · 1 answer key reused',
  ])
    expect(text).toContain(words);
});

test('injected canaries that leaked are remarked on before any number', () => {
  const text = shown(testedCertificate());
  expect(text.indexOf('the judge accepted 1 of 60 in this run')).toBeGreaterThan(0);
  expect(text.indexOf('the judge accepted 1 of 60 in this run')).toBeLessThan(text.indexOf('Composite'));
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
  const canaries = canaryCounts({
    true: { shown: 50, supported: 50 },
    false: { shown: 20, supported: 0 },
    injected: { shown: 30, supported: 0 },
  });
  expect(shown(testedCertificate({ canaries, certificates: ['first-id', 'second-id'] }))).toContain(
    '150 true, 300 false and 90 injected; 40 made by code with 2 earlier certificates: first-id, second-id (each change counts once, from the earliest certificate that has it)',
  );
});

test('a judge that is not reliable comes with every reason', () => {
  const { trust } = testedCertificate();
  const canaries = { ...trust.pool.canaries, true: { shown: 79, supported: 40 } };
  const direction = { q0: trust.q0, youden: { value: 0.56, lower: 0.45 } };
  const text = shown(
    withTrust({
      reliable: false,
      ways: { ...trust.ways, direction },
      pool: { canaries, certificates: [] },
    }),
  );
  expect(text).toContain(
    'no: There are only 79 true canaries, and 80 are needed. The lower bound of q0 + q1 − 1 is under 0.5 in: direction.',
  );
});

test('a judge that is not shown to be reliable is remarked on before any number, and a reliable one is not', () => {
  const { q0, ways } = testedCertificate().trust;
  const value = { q0, youden: { value: 0.56, lower: 0.45 } };
  const text = shown(withTrust({ reliable: false, ways: { ...ways, value } }));
  const remark = text.indexOf('The judge is not shown to be reliable. The lower bound of q0 + q1 − 1');
  expect(remark).toBeGreaterThan(0);
  expect(remark).toBeLessThan(text.indexOf('Composite'));
  expect(shown(testedCertificate())).not.toContain('not shown to be reliable');
});

test('a run without canaries says why it has none', () => {
  const canaries = canaryCounts({});
  expect(
    shown(withTrust({ reliable: false, youden: null, canaries, pool: { canaries, certificates: [] } })),
  ).toContain(
    'The judge is not shown to be reliable. No true, false and injected canary was shown: the answer keys held no variant',
  );
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

test('a lift over 30 replays or more has an interval, except where all differ alike', () => {
  const certificate = dependentCertificate(1, 120);
  const { baseline } = certificate.trust;
  if (baseline === null) throw new Error('It has a baseline.');
  const { recall } = baseline;
  if (recall.interval === null) throw new Error('It was measured.');
  expect(shown(certificate)).not.toContain('interval not measured');
  expect(shown(certificate)).toMatch(/recall [+−]\d\.\d{3} \[[+−]\d\.\d{3} – [+−]\d\.\d{3}\] over/);
  const alike = { ...baseline, recall: { ...recall, interval: null, p: null } };
  expect(shown({ ...certificate, trust: { ...certificate.trust, baseline: alike } })).toContain(
    '(interval not measured: fewer than 5 pull requests differ, or all differ alike) over',
  );
});

test('the exam’s rates have their intervals, those by way too', () => {
  const interval = String.raw`\d\.\d{3} \[\d\.\d{3} – \d\.\d{3}\] of \d+`;
  const text = shown(dependentCertificate(1, 120));
  expect(text).toMatch(new RegExp(`Exam q1 ${interval}, q0 ${interval}`));
  for (const way of canaryWays) expect(text).toMatch(new RegExp(`[(, ]${way} ${interval}[,)]`));
});

test.each([
  [0, '3 calls, 1,000 tokens, cost unknown: the model’s price is'],
  [3, '3 calls, 1,000 tokens, tokens estimated for 3 of 3 calls, cost unknown'],
])(
  'with %i calls whose tokens were estimated, an unknown cost is given no wrong reason',
  (estimatedCalls, words) => {
    const certificate = testedCertificate();
    const usage = { ...noUsage, calls: 3, inputTokens: 1000, costUsd: null, estimatedCalls };
    const judgeLine = / · (3 calls.*?)\s+Issued/.exec(shown({ ...certificate, usage }))?.[1];
    expect(judgeLine).toBe(words);
  },
);

test('one of anything is said in the singular', () => {
  const certificate = testedCertificate();
  const counts = Object.fromEntries(Object.keys(certificate.counts).map((name) => [name, 1]));
  const text = shown({
    ...certificate,
    counts: { ...certificate.counts, ...counts },
  });
  for (const one of [
    'oracle call repeated',
    'judge answer asked',
    'judge call repeated',
    'measure set',
    'answer key reused',
    'question sent',
  ])
    expect(text).toContain(`1 ${one}`);
});
