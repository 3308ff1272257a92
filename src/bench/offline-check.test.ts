import { beforeAll, describe, expect, test } from 'vitest';
import type { ReplayScore } from '#contracts/replay.ts';
import { independent } from '#testing/builders/independent.ts';
import { meansOf } from '#testing/builders/judged-fixtures.ts';
import { ownChangeNotes, ownChanges } from '#testing/builders/own-changes.ts';
import { toGroundTruth } from '#verification/sources/eligibility.ts';
import { pairedDifference } from '#verification/statistics/paired.ts';
import { falseStrategies, materialOf, readers, scoresOf } from './offline-strategies.ts';

const notes = ownChangeNotes();
const changes = ownChanges();
const scores = new Map<string, ReplayScore[]>();
const of = (name: string) => scores.get(name) ?? [];

beforeAll(async () => {
  const materials = await Promise.all(
    notes.map((note, at) => {
      const [change, other] = [changes[at], notes[(at + 7) % notes.length]];
      if (change?.id !== note.id || !other) throw new Error(`No change of ${note.id} in its place.`);
      return materialOf(change, note, other);
    }),
  );
  for (const [name, strategy] of Object.entries({ ...readers, ...falseStrategies }))
    scores.set(name, await scoresOf(strategy, materials));
}, 300_000);

test('fifty changes of this repository stand as the engine would draw them from git', () => {
  expect(changes.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, at) => `own-${at + 1}`));
  for (const change of changes) {
    const { diff, filesChanged: _, ...told } = change;
    expect(toGroundTruth(told, diff), change.id).toEqual(change);
  }
});

test('an honest reader of 40 changes has a composite of at least 0.30', () => {
  expect(of('honest')).toHaveLength(40);
  expect(meansOf(of('honest')).composite).toBeGreaterThanOrEqual(0.3);
});

const measures = {
  composite: ({ precision, recall, replyAccuracy }: ReplayScore) => (precision + recall + replyAccuracy) / 3,
  precision: ({ precision }: ReplayScore) => precision,
};

describe.each(Object.entries(measures))(
  'by %s the paired interval of the step is above 0:',
  (_name, measure) => {
    test.each([
      ['honest', 'half wrong'],
      ['half wrong', 'vague'],
    ])('%s above %s', (above, below) => {
      const pairs = of(above).map((score, at) => ({
        a: measure(score),
        b: measure(of(below)[at] ?? score),
        dependence: independent(at),
      }));
      expect(pairedDifference(pairs).inference?.interval.lower).toBeGreaterThan(0);
    });
  },
);

describe('an oracle that states no true fact has a precision of at most 0.10 and stays 0.25 below the honest one:', () => {
  test.each(Object.keys(falseStrategies))('%s', (name) => {
    const means = meansOf(of(name));
    expect(means.precision).toBeLessThanOrEqual(0.1);
    expect(means.composite).toBeLessThanOrEqual(meansOf(of('honest')).composite - 0.25);
  });
});
