import { expect, test } from 'vitest';
import { type Certificate, certificateSchema } from '#contracts/certificate.ts';
import { canaryCounts } from '#testing/builders/canaries.ts';
import { measuredCertificate } from '#testing/builders/measured-certificate.ts';
import { examples, fc } from '#testing/runners/fuzzing.ts';
import { noCanaries } from './judge-trust.ts';
import { recomputeCertificate } from './recompute.ts';

type Place = (string | number)[];
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const placesOf = (value: unknown, type: 'number' | 'boolean', at: Place): Place[] => {
  if (typeof value === type) return [at];
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => placesOf(inner, type, [...at, name]));
};

const altered = (
  certificate: Certificate,
  place: Place,
  change: (value: unknown) => unknown,
): Certificate => {
  const copy = structuredClone(certificate);
  let holder: unknown = copy;
  for (const name of place.slice(0, -1)) holder = isRecord(holder) ? holder[name] : undefined;
  const last = place.at(-1) ?? '';
  if (!isRecord(holder)) throw new Error(`Nothing stands at ${place.join('.')}.`);
  holder[last] = change(holder[last]);
  return copy;
};

/** Whether a certificate is refused for its form or impossible counts, or has a disagreement. */
const isFound = (certificate: Certificate): boolean => {
  if (!certificateSchema.safeParse(certificate).success) return true;
  try {
    return recomputeCertificate(certificate).disagreements.length > 0;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
};

const genuine = measuredCertificate();
const evidencePlaces = (type: 'number' | 'boolean') =>
  genuine.replayScores.flatMap(({ evidence }, index) =>
    placesOf(evidence, type, ['replayScores', index, 'evidence']),
  );

test('nothing in a genuine certificate disagrees, and all of its trust was measured', () => {
  expect(certificateSchema.parse(genuine)).toEqual(genuine);
  expect(recomputeCertificate(genuine).disagreements).toEqual([]);
  const { adjustedPrecision, ...measured } = genuine.trust;
  expect(Object.values(measured)).not.toContain(null);
  // The leak rate's bound is over 0.25.
  expect([genuine.trust.reliable, adjustedPrecision]).toEqual([false, null]);
  const reliable = measuredCertificate({
    canaries: canaryCounts({
      true: { shown: 90, supported: 88 },
      false: { shown: 50, supported: 1 },
      injected: { shown: 90, supported: 0 },
    }),
    certificates: ['2b1f6f60-6a37-4b7c-9c6f-0d8f0f6d1f11'],
  });
  expect(reliable.trust.reliable).toBe(true);
  expect(Object.values(reliable.trust)).not.toContain(null);
  expect(recomputeCertificate(reliable).disagreements).toEqual([]);
  const alone = measuredCertificate({ canaries: noCanaries, certificates: [] });
  expect(recomputeCertificate(alone).disagreements).toEqual([]);
});

test('any altered number of the judge’s trust is found', () => {
  const places = placesOf(genuine.trust, 'number', ['trust']);
  expect(places.length).toBeGreaterThan(40);
  fc.assert(
    fc.property(
      fc.constantFrom(...places),
      fc.oneof(
        fc.integer({ min: -40, max: 40 }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.constantFrom(1e-5, -1e-5),
      ),
      (place, by) => {
        fc.pre(Math.abs(by) > 2e-6);
        expect(isFound(altered(genuine, place, (value) => Number(value) + by)), place.join('.')).toBe(true);
      },
    ),
    examples(1_000),
  );
});

test('any altered number of a replay’s evidence is found', () => {
  const places = evidencePlaces('number');
  expect(places.length).toBeGreaterThan(60);
  fc.assert(
    fc.property(
      fc.constantFrom(...places),
      fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constantFrom(-0.75, -0.5, -0.25, 0.25, 0.5, 0.75)),
      (place, by) => {
        fc.pre(by !== 0);
        expect(isFound(altered(genuine, place, (value) => Number(value) + by)), place.join('.')).toBe(true);
      },
    ),
    examples(1_000),
  );
});

test('any reversed verdict in the evidence is found', () => {
  for (const place of evidencePlaces('boolean'))
    expect(isFound(altered(genuine, place, (value) => !value)), place.join('.')).toBe(true);
});
