import { expect, test } from 'vitest';
import { independent } from '#testing/builders/independent.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { type AuditedReplay, auditedBounds, auditedPrecision, type ClaimLabel } from './audited-precision.ts';

/** Replays that depend on each other in nothing. */
const replaysOf = (...counts: [total: number, ruled: number, supported: number][]): AuditedReplay[] =>
  counts.map(([claimsTotal, claimsRuled, claimsSupported], place) => ({
    claimsTotal,
    claimsRuled,
    claimsSupported,
    dependence: independent(place),
  }));

const labelOf = (
  replay: number,
  supported: boolean,
  isTrue: boolean | null,
  inclusionProbability = 1,
): ClaimLabel => ({ replay, supported, isTrue, inclusionProbability });

// Derived with plain Python from the documented formulas: replays of 4/4/3 claims (total, ruled, supported), …
const derived = replaysOf([4, 4, 3], [3, 2, 1], [5, 5, 4], [3, 3, 0], [3, 0, 0], [6, 6, 5]);
const derivedLabels = [
  labelOf(0, true, true, 0.5),
  labelOf(0, false, false, 1),
  labelOf(1, true, true, 0.5),
  labelOf(1, false, true, 0.8),
  labelOf(2, true, true, 0.25),
  labelOf(3, false, false, 0.5),
  labelOf(5, true, false, 0.4),
  labelOf(5, false, false, 1),
];

test('value, tuning and interval match an independent tool', () => {
  const audited = auditedPrecision(derived, derivedLabels);
  expect(audited?.tuning).toBeCloseTo(0.4729657165593951, 12);
  expect(audited?.value).toBeCloseTo(0.4657274398923591, 12);
  expect(audited?.interval.lower).toBeCloseTo(0.032846017661987525, 10);
  expect(audited?.interval.upper).toBeCloseTo(0.8396357258963756, 10);
});

test('where every claim is labelled, the value is the mean share that is true', () => {
  // By hand: (2/3 + 1/4)/2, whatever the judge said.
  const replays = replaysOf([3, 3, 2], [4, 2, 1]);
  const labels = [
    labelOf(0, true, true),
    labelOf(0, true, false),
    labelOf(0, false, true),
    labelOf(1, true, true),
    labelOf(1, false, false),
  ];
  expect(auditedPrecision(replays, labels)?.value).toBeCloseTo(11 / 24, 12);
});

test('labels that agree with every verdict leave precision as it is', () => {
  const replays = replaysOf(...Array.from({ length: 30 }, (): [number, number, number] => [4, 4, 3]));
  const labels = Array.from({ length: 20 }, (_, place) => [
    labelOf(place, true, true, 0.2),
    labelOf(place + 10, false, false, 0.7),
  ]).flat();
  const audited = auditedPrecision(replays, labels);
  expect(audited?.value).toBeCloseTo(0.75, 12);
  // Agreement on 40 labels is no certainty.
  expect(audited?.interval.lower).toBeLessThan(0.7);
  expect(audited?.interval.upper).toBeGreaterThan(0.8);
});

test('the value lies between 0 and the share that was ruled on', () => {
  const replays = replaysOf([3, 1, 1], [3, 1, 1], [3, 0, 0]);
  expect(auditedPrecision(replays, [labelOf(0, true, true), labelOf(1, true, true)])?.value).toBeCloseTo(
    2 / 9,
    12,
  );
  expect(auditedPrecision(replays, [labelOf(0, true, false), labelOf(1, true, false)])?.value).toBe(0);
});

test('what cannot be told is left out, and the rest of its stratum stands for it', () => {
  const told = [labelOf(0, true, true, 0.4), labelOf(1, true, false, 0.4), labelOf(3, false, false, 0.5)];
  const untold = [labelOf(2, true, null, 0.8), labelOf(5, true, null, 0.8)];
  const halved = told.map((label) =>
    label.supported ? { ...label, inclusionProbability: label.inclusionProbability / 2 } : label,
  );
  expect(auditedPrecision(derived, [...told, ...untold])?.value).toBeCloseTo(
    auditedPrecision(derived, halved)?.value ?? Number.NaN,
    12,
  );
});

test('the bounds are those with all that cannot be told false, and true', () => {
  // By hand: four claims of one replay, all supported, two true, one false, one not told.
  const replays = replaysOf([4, 4, 4]);
  const labels = [true, true, false, null].map((isTrue) => labelOf(0, true, isTrue));
  expect(auditedBounds(replays, labels)).toEqual({
    lower: expect.closeTo(0.5, 12),
    upper: expect.closeTo(0.75, 12),
  });
  expect(auditedPrecision(replays, labels)?.value).toBeCloseTo(2 / 3, 12);
});

test('where nothing of a stratum could be told, there are bounds and no value', () => {
  const replays = replaysOf([2, 2, 1], [2, 2, 1]);
  const labels = [
    labelOf(0, true, null),
    labelOf(1, true, null),
    labelOf(0, false, false),
    labelOf(1, false, false),
  ];
  expect(auditedPrecision(replays, labels)).toBeNull();
  expect(auditedBounds(replays, labels)).toEqual({
    lower: expect.closeTo(0, 12),
    upper: expect.closeTo(0.5, 12),
  });
  const nothing = labels.map((label) => ({ ...label, isTrue: null }));
  expect(auditedPrecision(replays, nothing)).toBeNull();
  expect(auditedBounds(replays, nothing)).toEqual({
    lower: expect.closeTo(0, 12),
    upper: expect.closeTo(1, 12),
  });
});

test('a judge that supported everything is audited by that stratum alone', () => {
  // By hand: a = 1, and 3 of 4 labels of equal weight are true.
  const replays = replaysOf([3, 3, 3], [3, 3, 3], [3, 3, 3], [3, 3, 3]);
  const labels = [0, 1, 2, 3].map((replay) => labelOf(replay, true, replay > 0, 1 / 3));
  expect(auditedPrecision(replays, labels)).toMatchObject({ value: expect.closeTo(0.75, 12), tuning: 0 });
});

test('without labels there is no audited precision, and without replays no precision at all', () => {
  expect(auditedPrecision(derived, [])).toBeNull();
  expect(auditedBounds(derived, [])).toBeNull();
  expect(() => auditedPrecision([], [])).toThrow(RangeError);
});

test('dependent replays widen the interval and leave the value', () => {
  const counts = Array.from({ length: 40 }, (_, place): [number, number, number] => [
    5,
    5,
    place % 8 < 4 ? 1 : 5,
  ]);
  const apart = replaysOf(...counts);
  const together = apart.map((replay, place) => ({
    ...replay,
    dependence: { ...replay.dependence, author: (place >> 2) + 1 },
  }));
  const labels = Array.from({ length: 40 }, (_, place) =>
    labelOf(place, place % 8 >= 4 || place % 2 > 0, true, 0.2),
  );
  const mixed = labels.map((label) => ({ ...label, isTrue: label.supported }));
  const [one, other] = [auditedPrecision(apart, mixed), auditedPrecision(together, mixed)];
  if (one === null || other === null) throw new Error('Both strata have labels.');
  expect(other.value).toBe(one.value);
  expect(other.interval.lower).toBeLessThan(one.interval.lower);
});

test('for any labels, the value is in [0, a] and inside an interval in [0, 1]', () => {
  const replay = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(9), fc.nat(9))
    .map(([total, ruled, found]): [number, number, number] => {
      const counted = Math.min(ruled, total);
      return [total, counted, Math.min(found, counted)];
    });
  const label = fc.record({
    replay: fc.nat(),
    supported: fc.boolean(),
    inclusionProbability: fc.double({ min: 0.01, max: 1, noNaN: true }),
    isTrue: fc.option(fc.boolean()),
  });
  fc.assert(
    fc.property(
      fc.array(replay, { minLength: 1, maxLength: 50 }),
      fc.array(label, { maxLength: 40 }),
      (counts, drawn) => {
        const replays = replaysOf(...counts);
        const labels = drawn.map((each) => ({ ...each, replay: each.replay % replays.length }));
        const audited = auditedPrecision(replays, labels);
        if (audited === null) return;
        const { value, interval, tuning } = audited;
        const ruled = counts.reduce((sum, [total, some]) => sum + some / total, 0) / counts.length;
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(ruled);
        expect(interval.lower).toBeGreaterThanOrEqual(0);
        expect(interval.lower).toBeLessThanOrEqual(value);
        expect(interval.upper).toBeGreaterThanOrEqual(value);
        expect(interval.upper).toBeLessThanOrEqual(1);
        expect(tuning).toBeGreaterThanOrEqual(0);
        expect(tuning).toBeLessThanOrEqual(1);
      },
    ),
  );
});
