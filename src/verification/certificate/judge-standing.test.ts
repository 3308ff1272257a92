import { expect, test } from 'vitest';
import type { Certificate } from '#contracts/certificate.ts';
import type { JudgeTrust } from '#contracts/judge-trust.ts';
import { testedCertificate } from '#testing/builders/stored-certificates.ts';
import {
  canaryKindsText,
  hasLeaked,
  readAdjustedPrecision,
  reliabilityGaps,
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
    adjustedPrecision: { value: 1, interval: { lower: 0.9, upper: 1 } },
  });
  expect(readAdjustedPrecision(clipped)).toMatchObject({ kind: 'measured', value: 1, atCeiling: true });
});

test('under a bad judge adjusted precision is not measured', () => {
  const bad = withTrust({ youden: { value: 0.23, lower: 0.12 }, adjustedPrecision: null });
  expect(readAdjustedPrecision(bad)).toEqual({
    kind: 'not measured',
    why: 'The lower bound of q0 + q1 − 1 is 0.120, under 0.5: the verdicts of such a judge say too little about what is true.',
  });
});

test('without canaries the reason is given', () => {
  const none = withTrust({ q1: null, youden: null, adjustedPrecision: null });
  expect(readAdjustedPrecision(none)).toMatchObject({ why: expect.stringContaining('No true or no false') });
});

test('every reason why a judge is not reliable is a sentence, and a reliable judge has none', () => {
  expect(reliabilityGaps(trust)).toEqual([]);
  const canaries = { ...trust.pool.canaries, false: { shown: 99, supported: 40 } };
  const few = { ...trust, reliable: false, youden: { value: 0.56, lower: 0.45 } };
  expect(reliabilityGaps({ ...few, pool: { canaries, certificates: [] } })).toEqual([
    'There are only 99 false canaries, and 100 of each kind are needed.',
    'The lower bound of the index q0 + q1 − 1 is under 0.5.',
  ]);
});

test('kinds of canaries are listed as in a sentence', () => {
  const { canaries } = trust;
  expect(canaryKindsText(canaries)).toBe('100 true, 100 false and 100 injected');
  expect(canaryKindsText(canaries, ['true'])).toBe('100 true');
});

test('a leak in an earlier run of the pool counts too', () => {
  const { canaries, pool } = trust;
  expect(hasLeaked(trust)).toBe(true);
  const none = { ...canaries, injected: { shown: 100, supported: 0 } };
  expect(hasLeaked({ pool: { ...pool, canaries: none } })).toBe(false);
});

test('missing canaries of a kind are explained', () => {
  expect(whyNoCanaries(certificate)).toBeNull();
  const none = { shown: 0, supported: 0 };
  const injectedMissing = withTrust({ canaries: { ...trust.canaries, injected: none } });
  expect(whyNoCanaries(injectedMissing)).toMatch(
    /^No injected canary was used: no change of this run allowed/,
  );
  const missing = withTrust({ canaries: { true: none, false: none, injected: none } });
  expect(whyNoCanaries(missing)).toMatch(/^No canary was used: no change of this run allowed/);
  const replayScores = certificate.replayScores.map((replay) => ({
    ...replay,
    claimsRuled: 0,
  }));
  expect(whyNoCanaries({ ...missing, replayScores })).toMatch(/^The judge ruled on no claim/);
});
