import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Certificate, certificateSchema } from '#contracts/certificate.ts';
import type { ReplayEvidence } from '#contracts/judge-trust.ts';
import {
  type Baseline,
  type CanaryVerdict,
  noUsage,
  type ReplayCheckpoint,
  type SecondJudgment,
} from '#contracts/replay.ts';
import { certificateInput, issuedCertificate } from '#testing/issued-certificate.ts';
import { failedCheckpoint, judgedCheckpoint, type Verdicts } from '#testing/replay-checkpoint.ts';
import type { CertificateInput } from './build.ts';
import { addCanaries, judgeTrust, noCanaries, subtractCanaries, type TrustInput } from './judge-trust.ts';
import { recomputeCertificate } from './recompute.ts';

const even = { precision: 1, recall: 1, replyAccuracy: 1 };
const nothing: ReplayEvidence = { ruledShare: 1, canaries: [], parrot: null, second: null };
const trustOf = (replays: TrustInput['replays'], changed: Partial<TrustInput> = {}) =>
  judgeTrust({
    replays,
    unscored: 0,
    weights: even,
    earlier: { canaries: noCanaries, certificates: [] },
    secondModel: null,
    ...changed,
  });
const measures = (value: number) => ({ precision: value, recall: value, replyAccuracy: value });
const canaries = (kind: CanaryVerdict['kind'], ...supported: boolean[]) =>
  supported.map((each) => ({ kind, supported: each }));

test('rates are the shares of the canaries of this run and of earlier ones together', () => {
  const trust = trustOf(
    [
      {
        ...measures(0.5),
        evidence: { ...nothing, canaries: [...canaries('true', true, true), ...canaries('false', true)] },
      },
      {
        ...measures(0.5),
        evidence: {
          ...nothing,
          canaries: [...canaries('true', false), ...canaries('injected', true, false)],
        },
      },
    ],
    {
      earlier: {
        canaries: {
          true: { shown: 1, supported: 1 },
          false: { shown: 4, supported: 0 },
          injected: { shown: 2, supported: 0 },
        },
        certificates: ['earlier'],
      },
    },
  );
  expect(trust.canaries).toEqual({
    true: { shown: 3, supported: 2 },
    false: { shown: 1, supported: 1 },
    injected: { shown: 2, supported: 1 },
  });
  // By hand: q1 = 3/4, q0 = 4/5 (injected ones do not count for it), leak = 1/4, q0 + q1 − 1 = 0.55.
  expect(trust).toMatchObject({
    pool: { certificates: ['earlier'], canaries: { true: { shown: 4, supported: 3 } } },
    q1: { value: 0.75, of: 4 },
    q0: { value: 0.8, of: 5 },
    leak: { value: 0.25, of: 4 },
    youden: { value: 0.55 },
    reliable: false,
  });
});

test('what was not measured is null, never 0', () => {
  expect(
    trustOf([
      { ...measures(0.5), evidence: nothing },
      { ...measures(0), evidence: null },
    ]),
  ).toEqual({
    canaries: noCanaries,
    pool: { canaries: noCanaries, certificates: [] },
    q1: null,
    q0: null,
    leak: null,
    youden: null,
    reliable: false,
    adjustedPrecision: null,
    baseline: null,
    bounds: { lower: 0.25, upper: 0.25 },
    agreement: null,
  });
});

const manyCanaries = (ofTrue: number, ofFalse: number): TrustInput['earlier'] => ({
  canaries: {
    true: { shown: 100, supported: ofTrue },
    false: { shown: 100, supported: ofFalse },
    injected: { shown: 0, supported: 0 },
  },
  certificates: ['earlier'],
});

test('precision is not adjusted by a judge whose canaries do not show it to be good', () => {
  const replays = [{ ...measures(0.5), evidence: nothing }];
  const adjusted = (ofTrue: number, ofFalse: number) =>
    trustOf(replays, { earlier: manyCanaries(ofTrue, ofFalse) }).adjustedPrecision;
  // Every true claim and 77 of 100 false ones are supported: clipped, that would be called 0.
  expect(adjusted(100, 77)).toBeNull();
  // Bounds of the index with Python: 0.506632 and 0.495836.
  expect(adjusted(81, 18)).not.toBeNull();
  expect(adjusted(81, 19)).toBeNull();
});

test('the lift is the mean difference to the parrot over the replays that have one, the parrot’s reply being 0', () => {
  const parrot = { claimsTotal: 3, claimsSupported: 3, changesTotal: 2, changesSurfaced: 1 };
  const { baseline } = trustOf([
    { ...measures(0.75), evidence: { ...nothing, parrot } },
    { ...measures(0.25), evidence: { ...nothing, parrot: { ...parrot, claimsSupported: 0 } } },
    { ...measures(1), evidence: nothing },
    { ...measures(1), evidence: null },
  ]);
  // By hand: the parrot's composites (1 + 0.5)/3 and 0.5/3, on the mean 1/3; the oracle's 0.75 and 0.25, on the mean 0.5.
  expect(baseline).toMatchObject({ compositeScore: 0.333333, lift: 0.166667, replays: 2 });
  expect(baseline?.interval?.lower).toBeLessThan(0.166667);
});

test('weights weigh the parrot as they weigh the oracle', () => {
  const parrot = { claimsTotal: 3, claimsSupported: 3, changesTotal: 2, changesSurfaced: 0 };
  const replays = [{ ...measures(0.5), evidence: { ...nothing, parrot } }];
  const { baseline } = trustOf(replays, { weights: { precision: 1, recall: 0, replyAccuracy: 0 } });
  expect(baseline).toEqual({ compositeScore: 1, lift: -0.5, interval: null, replays: 1 });
});

test('bounds take every unscored replay for 0, and for 1', () => {
  const replays = [{ ...measures(0.5), evidence: null }];
  expect(trustOf(replays, { unscored: 3 }).bounds).toEqual({ lower: 0.125, upper: 0.875 });
});

test('agreement is of claims and changes together, of replies apart, and null only where no second judge was asked for', () => {
  const second: ReplayEvidence['second'] = {
    claims: [
      { first: true, second: true },
      { first: true, second: false },
    ],
    changes: [
      { first: false, second: false },
      { first: true, second: true },
    ],
    reply: { first: 0.75, second: 1 },
    model: 'other',
  };
  const asked = trustOf([{ ...measures(0.5), evidence: { ...nothing, second } }], { secondModel: 'other' });
  // By hand: 3 of 4 agree; the first says yes 3 times of 4, the second 2 of 4: chance brings (6 + 2)/16, so
  // kappa = (0.75 − 0.5)/(1 − 0.5).
  expect(asked.agreement).toMatchObject({
    model: 'other',
    replays: 1,
    verdicts: { raw: 0.75, kappa: 0.5, n: 4 },
    replies: { raw: 0, n: 1 },
  });
  const drawnNone = trustOf([{ ...measures(0.5), evidence: nothing }], { secondModel: 'other' });
  expect(drawnNone.agreement).toEqual({ model: 'other', replays: 0, verdicts: null, replies: null });
});

const countsOf = fc
  .nat(1_000)
  .chain((shown) => fc.record({ shown: fc.constant(shown), supported: fc.nat(shown) }));
const anyCounts = fc.record({ true: countsOf, false: countsOf, injected: countsOf });

test('what is added to a pool can be taken from it again', () => {
  fc.assert(
    fc.property(anyCounts, anyCounts, (a, b) => {
      expect(addCanaries(a, b)).toEqual(addCanaries(b, a));
      expect(subtractCanaries(addCanaries(a, b), b)).toEqual(a);
      expect(addCanaries(a, noCanaries)).toEqual(a);
    }),
  );
});

/** A replay with canaries, a parrot and a second judge, each with some of its verdicts against the first judge's. */
const whole = (
  verdicts: Verdicts,
  secondReply: Verdicts['replyAccuracy'],
  place: number,
): ReplayCheckpoint => {
  const checkpoint = judgedCheckpoint(verdicts, 'm');
  const { precision, recall, reply } = checkpoint;
  if (precision.kind !== 'judged' || recall.kind !== 'judged' || reply.kind !== 'judged')
    throw new Error('The fixture has no verdicts.');
  const shown: CanaryVerdict[] = [
    { kind: 'true', text: 'a', supported: place !== 3 },
    { kind: 'false', text: 'b', supported: place === 5 },
    { kind: 'injected', text: 'c', supported: place % 4 === 0 },
  ];
  const second: SecondJudgment = {
    precision: {
      ...precision,
      claims: precision.claims.map((claim, at) => ({
        ...claim,
        supported: claim.supported !== (at === 0 && place % 3 === 0),
      })),
    },
    recall,
    reply: { ...reply, replyAccuracy: secondReply },
  };
  const baseline: Baseline = {
    precision: {
      ...precision,
      claims: precision.claims.map((claim, at) => ({ ...claim, supported: at <= place % 2 })),
    },
    recall: { ...recall, changes: recall.changes.map((change, at) => ({ ...change, surfaced: at === 0 })) },
    reused: false,
  };
  return { ...checkpoint, precision: { ...precision, canaries: shown }, baseline, second };
};

/** How often each judge gives each value is different for any two values, so that no other value has the same kappa. */
const replies: [Verdicts['replyAccuracy'], Verdicts['replyAccuracy']][] = [
  [0.25, 0.5],
  [0.5, 0.5],
  [0.5, 0.75],
  [0.75, 0.75],
  [0.75, 0.75],
  [0.75, 1],
  [1, 0],
  [1, 0],
  [1, 0],
  [1, 0],
];

const certificateOf = (changed: Partial<Pick<CertificateInput, 'earlier'>> = {}): Certificate =>
  issuedCertificate(
    certificateInput(
      [
        ...replies.map(([first, second], place) => ({
          groundTruthId: `${place + 1}`,
          checkpoint: whole(
            {
              claims: [true, place % 2 === 0, place % 3 === 0],
              changes: [true, place % 2 === 1, false],
              replyAccuracy: first,
            },
            second,
            place,
          ),
        })),
        {
          groundTruthId: '11',
          checkpoint: {
            ...failedCheckpoint(3),
            answerKey: judgedCheckpoint({ claims: [], changes: [false, false, false], replyAccuracy: 0 }, 'm')
              .answerKey,
          },
        },
        {
          groundTruthId: '12',
          checkpoint: {
            ...judgedCheckpoint({ claims: [true], changes: [true], replyAccuracy: 1 }),
            recall: {
              kind: 'unscored',
              reason: 'down',
              asks: 1,
              retries: 0,
              latencyMs: 1,
              usage: noUsage,
            },
          },
        },
      ],
      {
        draw: { listed: 40, commitRange: null },
        limit: 12,
        minReplays: 10,
        weights: { precision: 2, recall: 1, replyAccuracy: 1 },
        judge: { provider: 'anthropic', model: 'm' },
        secondModel: 'other',
        earlier: {
          canaries: {
            true: { shown: 60, supported: 55 },
            false: { shown: 70, supported: 6 },
            injected: { shown: 50, supported: 9 },
          },
          certificates: ['2b1f6f60-6a37-4b7c-9c6f-0d8f0f6d1f11'],
        },
        ...changed,
      },
    ),
  );

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

/** Refused by its form or by impossible counts, or with a disagreement. */
const isFound = (certificate: Certificate): boolean => {
  if (!certificateSchema.safeParse(certificate).success) return true;
  try {
    return recomputeCertificate(certificate).disagreements.length > 0;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
};

const genuine = certificateOf();
const evidencePlaces = (type: 'number' | 'boolean') =>
  genuine.replayScores.flatMap(({ evidence }, index) =>
    placesOf(evidence, type, ['replayScores', index, 'evidence']),
  );

test('nothing of a genuine certificate disagrees, and all of its trust was measured', () => {
  expect(certificateSchema.parse(genuine)).toEqual(genuine);
  expect(recomputeCertificate(genuine).disagreements).toEqual([]);
  expect(Object.values(genuine.trust ?? {})).not.toContain(null);
  expect(genuine.trust?.reliable).toBe(false);
  const reliable = certificateOf({
    earlier: {
      canaries: {
        true: { shown: 90, supported: 88 },
        false: { shown: 90, supported: 2 },
        injected: { shown: 90, supported: 0 },
      },
      certificates: ['2b1f6f60-6a37-4b7c-9c6f-0d8f0f6d1f11'],
    },
  });
  expect(reliable.trust?.reliable).toBe(true);
  expect(recomputeCertificate(reliable).disagreements).toEqual([]);
  const alone = certificateOf({ earlier: { canaries: noCanaries, certificates: [] } });
  expect(recomputeCertificate(alone).disagreements).toEqual([]);
});

test('any one number of the judge’s trust that is altered is found', () => {
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
    { numRuns: 1_000 },
  );
});

test('any one number of a replay’s evidence that is altered is found', () => {
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
    { numRuns: 1_000 },
  );
});

test('any one verdict in the evidence that is turned round is found', () => {
  for (const place of evidencePlaces('boolean'))
    expect(isFound(altered(genuine, place, (value) => !value)), place.join('.')).toBe(true);
});
