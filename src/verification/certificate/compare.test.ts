import { expect, test } from 'vitest';
import type { Certificate } from '#contracts/certificate.ts';
import {
  type BuiltReplay,
  certificateInput,
  issuedCertificate,
} from '#testing/builders/issued-certificate.ts';
import { failedCheckpoint, judgedCheckpoint } from '#testing/builders/replay-checkpoint.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { compareCertificates, holm } from './compare.ts';

const grades = [0, 0.25, 0.5, 0.75, 1] as const;
type Grade = (typeof grades)[number];

/** Precision and recall are 1 everywhere; null is an oracle failure. */
const certificateOf = (replies: readonly (Grade | null)[], model = 'offline-1'): Certificate =>
  issuedCertificate(
    certificateInput(
      replies.map(
        (replyAccuracy, place): BuiltReplay => ({
          groundTruthId: `${place + 1}`,
          checkpoint:
            replyAccuracy === null
              ? failedCheckpoint(1)
              : judgedCheckpoint({ claims: [true], changes: [true], replyAccuracy }, model),
        }),
      ),
      { limit: replies.length, draw: { listed: 100 } },
    ),
  );
const times = <T>(count: number, of: (place: number) => T) =>
  Array.from({ length: count }, (_, at) => of(at));
const better = times(40, (place): Grade => (place % 3 === 0 ? 0.75 : 1));
const worse = times(40, (place): Grade => (place % 4 === 0 ? 0.75 : 0.5));

test('two certificates are compared on their common pull requests, by one inference', () => {
  const { compared, incomparable } = compareCertificates([
    certificateOf(better),
    certificateOf(worse.slice(0, 35)),
  ]);
  expect(incomparable).toEqual([]);
  const [only] = compared;
  if (!only?.tested || only.difference.inference === null) throw new Error('There is enough to infer.');
  expect(only).toMatchObject({
    a: 0,
    b: 1,
    failures: { a: 0, b: 0 },
    withoutFailures: null,
    restsOnFailures: false,
  });
  expect(only.difference.n).toBe(35);
  // With one pair Holm changes nothing.
  expect(only.tested).toEqual({ ...only.difference.inference });
  expect(only.tested.interval.lower).toBeGreaterThan(0);
});

test('certificates of other conditions, or with too few common pull requests, are not compared and the reason is said', () => {
  const certificate = certificateOf(better);
  const whyNot = (other: Certificate) => compareCertificates([certificate, other]).incomparable[0]?.why;
  expect(whyNot(certificateOf(worse.slice(0, 29)))).toBe(
    'They have 29 pull requests in common, and a comparison needs 30.',
  );
  expect(whyNot({ ...certificate, groundTruthSource: 'github:other/name' })).toContain(
    'different repositories',
  );
  expect(whyNot({ ...certificate, groundTruthSource: 'GitHub:Owner/Name' })).toBeUndefined();
  expect(whyNot({ ...certificate, groundTruthSource: 'private repository' })).toContain('private');
  expect(whyNot(certificateOf(worse, 'offline-2'))).toContain('Different judges');
  expect(whyNot({ ...certificate, promptDigest: 'e'.repeat(64) })).toContain('different prompts');
  expect(whyNot({ ...certificate, weights: { precision: 2, recall: 1, replyAccuracy: 1 } })).toContain(
    'weights',
  );
  expect(whyNot({ ...certificate, weights: { precision: 2, recall: 2, replyAccuracy: 2 } })).toBeUndefined();
});

test('a difference that rests on failures is marked, and shown also without them', () => {
  const alike = times(40, (place): Grade => (place % 2 ? 0.5 : 0.75));
  const turned = times(40, (place): Grade => (place % 4 < 2 ? 0.5 : 0.75));
  const failing = turned.map((grade, place) => (place < 10 ? null : grade));
  const [only] = compareCertificates([certificateOf(alike), certificateOf(failing)]).compared;
  expect(only).toMatchObject({ failures: { a: 0, b: 10 }, restsOnFailures: true });
  expect(only?.tested?.interval.lower).toBeGreaterThan(0);
  expect(only?.withoutFailures).toMatchObject({ n: 30 });
  expect(only?.withoutFailures?.inference?.p).toBeGreaterThan(0.05);
  // A difference that is there without the failures too does not rest on them.
  const [still] = compareCertificates([
    certificateOf(better),
    certificateOf(worse.map((grade, place) => (place < 3 ? null : grade))),
  ]).compared;
  expect(still).toMatchObject({ failures: { a: 0, b: 3 }, restsOnFailures: false });
});

test('without the failures nothing is inferred from fewer than 30 pull requests, and the difference counts as resting on them', () => {
  const failing = (failures: number) =>
    worse.map((grade, place): Grade | null => (place < failures ? null : grade));
  const [few, enough] = [11, 10].map(
    (failures) => compareCertificates([certificateOf(better), certificateOf(failing(failures))]).compared[0],
  );
  expect(few).toMatchObject({ withoutFailures: { n: 29, inference: null }, restsOnFailures: true });
  expect(enough).toMatchObject({ withoutFailures: { n: 30 }, restsOnFailures: false });
  expect(enough?.withoutFailures?.inference).not.toBeNull();
});

test('where fewer than 5 differ there is a difference but no inference', () => {
  const nearly = better.map((grade, place): Grade => (place < 4 ? 0 : grade));
  const [only] = compareCertificates([certificateOf(better), certificateOf(nearly)]).compared;
  expect(only).toMatchObject({
    difference: { differing: 4, inference: null },
    tested: null,
    restsOnFailures: false,
  });
});

test('Holm’s adjusted p values are those of the textbook', () => {
  // By hand: 4 · .005, then the larger of it and 3 · .01, 2 · .03, 1 · .04 raised to the one before.
  expect(holm([0.01, 0.04, 0.03, 0.005]).map(({ p }) => Math.round(p * 1e9) / 1e9)).toEqual([
    0.03, 0.06, 0.06, 0.02,
  ]);
  expect(holm([0.03, 0.03]).map(({ alpha }) => alpha)).toEqual([0.025, 0.025]);
  expect(holm([])).toEqual([]);
});

test('Holm rejects where the adjusted p value is below .05, exactly where p is below the level of its interval', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 0.2, noNaN: true }), { maxLength: 8 }), (ps) => {
      // Rounding apart: m · p < .05 and p < .05/m may differ in the last bit.
      for (const [place, { alpha, p }] of holm(ps).entries())
        if (Math.abs(p - 0.05) > 1e-12) expect(p < 0.05).toBe((ps[place] ?? 1) < alpha);
    }),
  );
});

test('with several certificates every interval agrees with its adjusted p value', () => {
  const reply = fc.constantFrom(...grades);
  const certificate = fc
    .array(reply, { minLength: 30, maxLength: 30 })
    .map((replies) => certificateOf(replies));
  fc.assert(
    fc.property(fc.array(certificate, { minLength: 2, maxLength: 4 }), (certificates) => {
      const { compared } = compareCertificates(certificates);
      expect(compared).toHaveLength((certificates.length * (certificates.length - 1)) / 2);
      for (const { tested } of compared)
        if (tested !== null)
          expect(tested.interval.lower > 0 || tested.interval.upper < 0).toBe(tested.p < 0.05);
    }),
    { numRuns: 20 },
  );
});
