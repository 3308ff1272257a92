import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type AuditLabel, auditResultSchema } from '#contracts/audit.ts';
import { toWire } from '#contracts/wire.ts';
import { certificateInput, issuedCertificate } from '#testing/builders/issued-certificate.ts';
import {
  failedCheckpoint,
  judgedCheckpoint,
  keylessCheckpoint,
  unscoredVerdict,
} from '#testing/builders/replay-checkpoint.ts';
import { buildCertificate } from '#verification/certificate/build.ts';
import { canonicalJson } from '#verification/certificate/canonical.ts';
import { readCertificate } from '#verification/certificate/read.ts';
import { auditableReplays, ruledReplays } from './claims.ts';
import { auditResult, auditSeed, certificateDigest } from './result.ts';
import { auditSample } from './sample.ts';

const scored = (...claims: boolean[]) =>
  judgedCheckpoint({ claims, changes: [true, true, true], replyAccuracy: 1 });

/** Ids out of order, with every kind of end. */
const replays = [
  { groundTruthId: '12', checkpoint: scored(true, true, false, true) },
  { groundTruthId: '7', checkpoint: scored(true, false) },
  { groundTruthId: '30', checkpoint: failedCheckpoint(2) },
  { groundTruthId: '8', checkpoint: keylessCheckpoint() },
  { groundTruthId: '9', checkpoint: { ...scored(true), recall: unscoredVerdict() } },
  { groundTruthId: '10', checkpoint: scored() },
];

const certificateOf = (isPrivate: boolean) =>
  issuedCertificate(certificateInput(replays, { draw: { private: isPrivate }, replaced: 1 }));

/** An audit of everything that can be asked about, by this rule. */
const audited = (isPrivate: boolean, rule: (supported: boolean, place: number) => AuditLabel) => {
  const certificate = certificateOf(isPrivate);
  const sample = auditSample(
    auditableReplays(replays, isPrivate),
    auditSeed(certificateDigest(certificate)),
  ).map(({ replay, claim, supported, inclusionProbability }, place) => ({
    groundTruthId: replay,
    claimId: claim,
    supported,
    inclusionProbability,
    label: rule(supported, place),
  }));
  return { certificate, sample, result: auditResult(certificate, sample) };
};

test('an audit asks about what precision counts: no failure, nothing replaced, nothing unscored', () => {
  expect(auditableReplays(replays, false).map(({ id, claims }) => [id, claims.length])).toEqual([
    ['7', 2],
    ['10', 0],
    ['12', 4],
  ]);
});

test('a private repository has the ids of its certificate, which are ordinals', () => {
  const published = new Set(certificateOf(true).replayScores.map(({ groundTruthId }) => groundTruthId));
  const auditable = auditableReplays(replays, true);
  expect(auditable.map(({ id, groundTruthId }) => [id, groundTruthId])).toEqual([
    ['1', '7'],
    ['3', '10'],
    ['4', '12'],
  ]);
  expect(auditable.every(({ id }) => published.has(id))).toBe(true);
  expect(auditable.at(-1)?.claims.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
});

test('a claim has every text that was folded into it, each once', () => {
  const checkpoint = scored(true);
  if (checkpoint.oracle.kind !== 'answer' || checkpoint.precision.kind !== 'judged')
    throw new Error('Judged.');
  const keyClaims = ['one', 'two', 'one', 'three'].map((claim) => ({ claim, confidence: null }));
  const folded = {
    ...checkpoint,
    oracle: { ...checkpoint.oracle, answer: { ...checkpoint.oracle.answer, keyClaims } },
    precision: {
      ...checkpoint.precision,
      claims: checkpoint.precision.claims.map((claim) => ({ ...claim, members: [0, 1, 2, 3] })),
    },
  };
  expect(auditableReplays([{ groundTruthId: '1', checkpoint: folded }], false)[0]?.claims).toEqual([
    { id: 'c1', supported: true, texts: ['one', 'two', 'three'] },
  ]);
});

test('what the judge did not rule on is not asked about', () => {
  const checkpoint = scored(true, true);
  if (checkpoint.precision.kind !== 'judged') throw new Error('Judged.');
  const { precision } = checkpoint;
  const partly = { ...precision, claims: precision.claims.map((claim, at) => ({ ...claim, ruled: at > 0 })) };
  const claimsWith = (changed: typeof precision) =>
    auditableReplays([{ groundTruthId: '1', checkpoint: { ...checkpoint, precision: changed } }], false)[0]
      ?.claims;
  expect(claimsWith(partly)).toMatchObject([{ id: 'c2' }]);
  expect(claimsWith({ ...precision, control: true })).toEqual([]);
});

test.each([false, true])(
  'the certificate’s own record has the claims that can be asked about, without their texts (private: %s)',
  (isPrivate) => {
    const partly = scored(true, false, true);
    const controlled = scored(false, false);
    if (partly.precision.kind !== 'judged' || controlled.precision.kind !== 'judged')
      throw new Error('Judged.');
    const claims = partly.precision.claims.map((claim, at) => ({ ...claim, ruled: at > 0 }));
    const all = [
      ...replays,
      { groundTruthId: '40', checkpoint: { ...partly, precision: { ...partly.precision, claims } } },
      {
        groundTruthId: '41',
        checkpoint: { ...controlled, precision: { ...controlled.precision, control: true } },
      },
    ];
    const { rawScores } = buildCertificate(certificateInput(all, { draw: { private: isPrivate } }));
    expect(ruledReplays(rawScores)).toEqual(
      auditableReplays(all, isPrivate).map((replay) => ({
        id: replay.id,
        claims: replay.claims.map(({ id, supported }) => ({ id, supported })),
      })),
    );
  },
);

test('the seed follows from the published document alone', () => {
  const certificate = certificateOf(false);
  const document = JSON.parse(JSON.stringify(toWire(certificate)));
  const reading = readCertificate(document);
  if (!reading.ok) throw new Error(reading.problems.join('\n'));
  const digest = createHash('sha256').update(canonicalJson(document)).digest('hex');
  expect(certificateDigest(reading.certificate)).toBe(digest);
  expect(certificateDigest(certificate)).toBe(digest);
  expect(auditSeed(digest)).toBe(createHash('sha256').update(digest).digest('hex'));
});

test.each([false, true])(
  'labels that agree with every verdict repeat the precision (private: %s)',
  (isPrivate) => {
    const { certificate, result } = audited(isPrivate, (supported) => (supported ? 'true' : 'false'));
    expect(auditResultSchema.parse(result)).toEqual(result);
    expect(result).toMatchObject({
      q1: { value: 1 },
      q0: { value: 1 },
      kappa: { value: 1 },
      labels: { cannotTell: 0 },
    });
    expect(result.byRates).toBeCloseTo(certificate.precision, 5);
    expect(result.precision?.interval.lower).toBeLessThan(certificate.precision);
    expect(result.bounds.lower).toBe(result.bounds.upper);
  },
);

test('where nothing can be told, an audit says so and keeps its bounds', () => {
  const { result, sample } = audited(false, () => 'cannot_tell');
  expect(result).toMatchObject({ precision: null, q1: null, q0: null, kappa: null, byRates: null });
  expect(result.labels).toEqual({ true: 0, false: 0, cannotTell: sample.length });
  // By hand: all false is 0; all true is a, the mean of 2/3, 1, 0 and 0.
  expect(result.bounds).toEqual({ lower: 0, upper: 0.416667 });
});

test('an audit that is not finished has no result', () => {
  const { certificate, sample } = audited(false, () => 'true');
  const [first, ...rest] = sample;
  if (first === undefined) throw new Error('There are claims.');
  expect(() => auditResult(certificate, [{ ...first, label: null }, ...rest])).toThrow('has no label');
  expect(() => auditResult(certificate, [{ ...first, groundTruthId: '99' }, ...rest])).toThrow(
    'no replay 99',
  );
});
