import { expect, test } from 'vitest';
import type { Certificate } from '#contracts/certificate.ts';
import type { JudgeTrust } from '#contracts/judge-trust.ts';
import { canaryCounts } from '#testing/builders/canaries.ts';
import { testedCertificate } from '#testing/builders/stored-certificates.ts';
import { claimsTotalOf } from '../replay/score.ts';
import { fewWords, foldClaims, sharedRun } from '../text/fold-claims.ts';
import { claimSteps, floorMeaning, foldRule } from './claim-steps.ts';
import {
  canaryCountsText,
  hasLeaked,
  readAdjustedPrecision,
  reliabilityGaps,
  ruledOnText,
  untestedWays,
  whyNoCanaries,
} from './judge-standing.ts';

const certificate = testedCertificate();
const { trust } = certificate;
const withTrust = (change: Partial<JudgeTrust>): Certificate => ({
  ...certificate,
  trust: { ...trust, ...change },
});

test('adjusted precision is read with its interval, and below the ceiling not marked as at it', () => {
  expect(readAdjustedPrecision(certificate)).toEqual({
    kind: 'measured',
    ...trust.adjustedPrecision,
    atCeiling: false,
  });
});

test('a value at its ceiling is marked', () => {
  // The judge ruled on every claim and supports 0.9 of true ones, so 0.9167 is above what it is expected to support.
  const clipped = withTrust({
    q1: { value: 0.9, interval: { lower: 0.8, upper: 0.95 }, of: 100 },
    adjustedPrecision: { value: 1, interval: { lower: 0.9, upper: 1 }, atWorstWay: 1 },
  });
  expect(readAdjustedPrecision(clipped)).toMatchObject({ kind: 'measured', value: 1, atCeiling: true });
});

test('under a bad judge adjusted precision is not measured', () => {
  const bad = withTrust({ youden: { value: 0.23, lower: 0.12 }, adjustedPrecision: null });
  expect(readAdjustedPrecision(bad)).toEqual({
    kind: 'not measured',
    why: 'The judge is not shown to be reliable, and its verdicts say too little about what is true.',
  });
});

test('without canaries the reason is given', () => {
  const none = withTrust({ q1: null, youden: null, adjustedPrecision: null });
  expect(readAdjustedPrecision(none)).toMatchObject({ why: expect.stringContaining('No true or no false') });
});

test('every reason why a judge is not reliable is a sentence, and a reliable judge has none', () => {
  expect(reliabilityGaps(trust)).toEqual([]);
  const canaries = {
    ...trust.pool.canaries,
    true: { shown: 79, supported: 70 },
    false: {
      ...trust.pool.canaries.false,
      name: { shown: 24, supported: 0 },
      cause: { shown: 3, supported: 0 },
    },
    injected: { shown: 49, supported: 20 },
  };
  const weak = { q0: trust.q0, youden: { value: 0.56, lower: 0.45 } };
  const few: JudgeTrust = {
    ...trust,
    reliable: false,
    ways: { ...trust.ways, direction: weak, condition: weak },
    leak: { value: 0.4, interval: { lower: 0.3, upper: 0.55 }, of: 49 },
    pool: { canaries, certificates: [] },
  };
  expect(reliabilityGaps(few)).toEqual([
    'There are only 79 true canaries, and 80 are needed.',
    'There are only 49 injected canaries, and 50 are needed.',
    'Untested, with fewer than 25 false canaries: name or place (24) and cause or effect (3).',
    'The lower bound of q0 + q1 − 1 is under 0.5 in: direction and condition.',
    'The upper bound of the leak rate is over 0.25.',
  ]);
  expect(untestedWays(few)).toEqual(['name', 'cause']);
});

test('kinds of canaries are listed as in a sentence', () => {
  const { canaries } = trust;
  expect(canaryCountsText(canaries)).toBe('100 true, 200 false and 60 injected; 40 made by code');
});

test('a leak in an earlier run of the pool counts too', () => {
  const { canaries, pool } = trust;
  expect(hasLeaked(trust)).toBe(true);
  const none = { ...canaries, injected: { shown: 100, supported: 0 } };
  expect(hasLeaked({ pool: { ...pool, canaries: none } })).toBe(false);
});

test('missing canaries of a kind are explained', () => {
  expect(whyNoCanaries(certificate)).toBeNull();
  const injectedMissing = withTrust({
    canaries: { ...trust.canaries, injected: { shown: 0, supported: 0 } },
  });
  expect(whyNoCanaries(injectedMissing)).toMatch(
    /^No injected canary was shown: the answer keys held no variant/,
  );
  const missing = withTrust({ canaries: canaryCounts({}) });
  expect(whyNoCanaries(missing)).toMatch(/^No true, false and injected canary was shown: /);
  expect(whyNoCanaries({ ...missing, judge: 'offline' })).toMatch(/^No model wrote the answer keys/);
  const replayScores = certificate.replayScores.map((replay) => ({
    ...replay,
    claimsRuled: 0,
  }));
  expect(whyNoCanaries({ ...missing, replayScores })).toMatch(/^The judge ruled on no claim/);
});

test.each([
  [{ made: 0, ruled: 0 }, 'There was no claim to rule on.', false],
  [{ made: 1, ruled: 1 }, 'Ruled on 1 of 1 claim (100.0 %).', false],
  [{ made: 9, ruled: 0 }, 'Ruled on 0 of 9 claims (0.0 %).', true],
  [{ made: 170, ruled: 156 }, 'Ruled on 156 of 170 claims (91.8 %).', true],
  [{ made: 170, ruled: 170 }, 'Ruled on 170 of 170 claims (100.0 %).', false],
])(
  'the offline check says what becomes of the claims that it leaves out, of %j',
  (claims, begin, hasOthers) => {
    const funnel = { cut: 0, duplicates: 0, restatements: 0, supported: 0, missing: 0, ...claims };
    const text = ruledOnText({ judge: 'offline', funnel });
    expect(text?.startsWith(begin)).toBe(true);
    expect(text?.includes('The others')).toBe(hasOthers);
    // The funnel's own step explains the floor in the same words.
    expect(text).toContain(claimSteps.find(({ step }) => step === 'missing')?.meaning);
  },
);

test('the floor that is told is the one that precision divides by', () => {
  const told = Number(/at least (\d+) claims/.exec(floorMeaning)?.[1]);
  expect([claimsTotalOf(0, 99), claimsTotalOf(told + 1, 99)]).toEqual([told, told + 1]);
  expect(claimsTotalOf(0, told - 1)).toBe(told - 1);
});

test('the fold rule that readers see has the numbers of the code that folds', () => {
  const cases = foldRule.cases.join(' ');
  expect(cases).toContain(`At most ${fewWords} of them`);
  expect(cases).toContain(`runs of ${sharedRun} or more words`);
  const diff =
    'diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1,1 +1,2 @@\n first\n+const retryCeiling = 25;\n';
  const claim = (text: string) => ({ claim: text, confidence: null });
  const folded = foldClaims([claim('retryCeiling 25'), claim('Failing jobs sleep forever elsewhere')], {
    title: '',
    description: '',
    diff,
  });
  expect(folded.map(({ restatement }) => restatement)).toEqual([true, false]);
});
