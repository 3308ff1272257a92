import { expect, test } from 'vitest';
import { auditSize } from '#contracts/audit.ts';
import { fc } from '#testing/runners/fuzzing.ts';
import { auditSample, type RuledReplay, type SampledClaim } from './sample.ts';

/** A replay for each pair: how many claims its judge supported, and how many not. */
const replaysOf = (...sizes: [supported: number, notSupported: number][]): RuledReplay[] =>
  sizes.map(([supported, notSupported], place) => ({
    id: `${place + 1}`,
    claims: Array.from({ length: supported + notSupported }, (_, index) => ({
      id: `c${index + 1}`,
      supported: index < supported,
    })),
  }));

const times = (count: number, size: [number, number]) => Array.from({ length: count }, () => size);

const countOf = (sample: SampledClaim[], supported: boolean) =>
  sample.filter((claim) => claim.supported === supported).length;

const mostOfOneReplay = (sample: SampledClaim[]) =>
  Math.max(...[...Map.groupBy(sample, ({ replay }) => replay).values()].map((claims) => claims.length));

test('the same seed draws the same claims in the same order, and another one others', () => {
  const replays = replaysOf(...times(60, [4, 2]));
  expect(auditSample(replays, 'seed')).toEqual(auditSample(replays, 'seed'));
  expect(auditSample(replays, 'other')).not.toEqual(auditSample(replays, 'seed'));
});

test.each<[string, [number, number][], { supported: number; notSupported: number }]>([
  ['half of each stratum where both have enough', times(60, [4, 2]), { supported: 20, notSupported: 20 }],
  [
    'all of a short stratum, and as many more of the other',
    [...times(50, [4, 0]), ...times(6, [2, 1])],
    { supported: 34, notSupported: 6 },
  ],
  [
    'a second claim of half of the replays that have two of the short stratum',
    [...times(50, [4, 0]), ...times(6, [2, 2])],
    { supported: 31, notSupported: 9 },
  ],
  ['one stratum alone', times(40, [3, 0]), { supported: 40, notSupported: 0 }],
  ['at most two a replay of a small run', times(10, [8, 0]), { supported: 20, notSupported: 0 }],
  ['one of each in a small run', times(5, [8, 8]), { supported: 5, notSupported: 5 }],
  [
    'everything of very little',
    [
      [1, 0],
      [0, 0],
      [0, 1],
    ],
    { supported: 1, notSupported: 1 },
  ],
  ['nothing where nothing was ruled on', times(3, [0, 0]), { supported: 0, notSupported: 0 }],
])('the sample has %s', (_, sizes, expected) => {
  const sample = auditSample(replaysOf(...sizes), 'seed');
  expect({ supported: countOf(sample, true), notSupported: countOf(sample, false) }).toEqual(expected);
  if (sample.length > 0) expect(mostOfOneReplay(sample)).toBeLessThanOrEqual(2);
});

test('the order shows neither verdicts nor replays', () => {
  // By hand: 19.5 is the mean place of 40; its standard deviation over seeds is √((40 + 1)·20/(12·20)) = 1.85.
  const replays = replaysOf(...times(60, [4, 2]));
  const places = Array.from({ length: 200 }, (_, seed) =>
    auditSample(replays, `${seed}`).flatMap(({ supported }, place) => (supported ? [place] : [])),
  );
  const means = places.map((each) => each.reduce((sum, place) => sum + place, 0) / each.length);
  const mean = means.reduce((sum, each) => sum + each, 0) / means.length;
  expect(Math.abs(mean - 19.5)).toBeLessThan((4 * 1.85) / Math.sqrt(200));
});

/** How often each claim is drawn, and what was stated of it, over many seeds. */
const drawnOver = (replays: RuledReplay[], seeds: number) => {
  const drawn = new Map<string, { times: number; stated: Set<number> }>();
  for (let seed = 0; seed < seeds; seed += 1)
    for (const { replay, claim, inclusionProbability } of auditSample(replays, `${seed}`)) {
      const name = `${replay}/${claim}`;
      const known = drawn.get(name) ?? { times: 0, stated: new Set<number>() };
      known.times += 1;
      known.stated.add(inclusionProbability);
      drawn.set(name, known);
    }
  return drawn;
};

test.each<[string, [number, number][], number]>([
  ['of mixed replays', [...times(18, [3, 1]), ...times(12, [1, 4]), [9, 0], [0, 5], [2, 2]], 1_500],
  // Places are given: the short stratum has 11, and 4 of 8 replays give it another.
  ['where one stratum is short', [...times(15, [5, 0]), ...times(8, [3, 2]), ...times(3, [2, 1])], 2_500],
  ['where the judge supported little', [...times(15, [0, 5]), ...times(7, [3, 2]), [1, 6]], 2_500],
])('every claim is drawn as often as its stated probability says: %s', (_, sizes, seeds) => {
  const replays = replaysOf(...sizes);
  const drawn = drawnOver(replays, seeds);
  expect(drawn.size).toBe(replays.flatMap(({ claims }) => claims).length);
  for (const { times: count, stated } of drawn.values()) {
    expect(stated.size).toBe(1);
    const [probability = Number.NaN] = stated;
    // Five standard errors: a chance of 6 in 10 million for each of about 150 claims.
    const error = Math.sqrt((probability * (1 - probability)) / seeds);
    expect(Math.abs(count / seeds - probability)).toBeLessThanOrEqual(5 * error + 1e-12);
  }
});

test('the probabilities of a case that is small enough for paper', () => {
  // Two replays, of 2 and of 3 claims, one stratum: two places each, and all four candidates are asked about.
  const sample = auditSample(replaysOf([2, 0], [3, 0]), 'seed');
  expect(sample.map(({ replay, inclusionProbability }) => [replay, inclusionProbability])).toEqual(
    expect.arrayContaining([
      ['1', 1],
      ['1', 1],
      ['2', 2 / 3],
      ['2', 2 / 3],
    ]),
  );
  // 44 supported places, 8 others, of which 6 replays have a second: 3 of these 6 give their place.
  const shared = auditSample(
    replaysOf(...times(18, [4, 0]), ...times(2, [1, 1]), ...times(6, [2, 2])),
    'seed',
  );
  const given = shared.filter(({ replay, supported }) => Number(replay) > 20 && !supported);
  expect(given).toHaveLength(9);
  for (const { inclusionProbability } of given) expect(inclusionProbability).toBeCloseTo(1.5 / 2, 12);
  for (const { replay, supported, inclusionProbability } of shared)
    if (supported && Number(replay) <= 18) expect(inclusionProbability).toBeCloseTo((2 / 4) * (29 / 41), 12);
});

test('for any replays, the sample keeps its limits and its probabilities are above 0 and at most 1', () => {
  const size = fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 7 }));
  fc.assert(
    fc.property(fc.array(size, { maxLength: 70 }), fc.string(), (sizes, seed) => {
      const replays = replaysOf(...sizes);
      const sample = auditSample(replays, seed);
      const places = sizes.reduce((sum, [one, other]) => sum + Math.min(2, one + other), 0);
      expect(sample).toHaveLength(Math.min(auditSize, places));
      expect(new Set(sample.map(({ replay, claim }) => `${replay}/${claim}`)).size).toBe(sample.length);
      if (sample.length > 0) expect(mostOfOneReplay(sample)).toBeLessThanOrEqual(2);
      for (const { inclusionProbability } of sample) {
        expect(inclusionProbability).toBeGreaterThan(0);
        expect(inclusionProbability).toBeLessThanOrEqual(1);
      }
    }),
  );
});
